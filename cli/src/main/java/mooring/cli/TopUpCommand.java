package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Adds credit to an organization's wallet, once, however often the answer is lost.
@Command(name = "topup", description = "Add credit to an organization's wallet.")
final class TopUpCommand extends ApiCommand {
    @Parameters(index = "0", paramLabel = "ORG", description = "The organization, by id or name.")
    private String organization = "";

    @Parameters(
            index = "1",
            paramLabel = "AMOUNT",
            description = "How much, in the organization's currency, such as 25.00.")
    private String amount = "";

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "Why; kept with the transfer.")
    private String reason = "";

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            description = "What it is: paid (default), promotional or allowance.")
    private @Nullable String kind;

    @Option(
            names = "--priority",
            paramLabel = "N",
            description = "Spent before credit of a higher number (default: by kind).")
    private @Nullable Integer priority;

    @Option(
            names = "--expires",
            paramLabel = "TIME",
            description = "The instant in UTC at which it expires (default: never).")
    private @Nullable String expires;

    @Option(
            names = "--idempotency-key",
            paramLabel = "KEY",
            description =
                    "Names this top-up, so that a repeat with the same name adds nothing (default:"
                            + " a new one).")
    private @Nullable String idempotencyKey;

    TopUpCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        Decimals.positive("AMOUNT", amount);
        Api api = management();
        String path = Organizations.path(api, organization) + "/credits";
        ObjectNode body = Json.object().put("amount", amount).put("reason", reason);
        if (kind != null) {
            body.put("kind", kind);
        }
        if (priority != null) {
            body.put("priority", priority);
        }
        if (expires != null) {
            body.put("expires_at", expires);
        }
        ObjectNode credit = MoneyWrite.send(api, path, body, idempotencyKey);
        show(
                credit,
                out -> {
                    String currency = " " + Json.text(credit, "currency");
                    Fields.of("transfer", Json.text(credit, "transfer_id"))
                            .add("added", Json.text(credit, "amount") + currency)
                            .add("reason", Json.text(credit, "reason"))
                            .add(
                                    "balance",
                                    Json.text(credit.path("balance"), "available") + currency)
                            .print(out);
                });
        return Commands.DONE;
    }
}
