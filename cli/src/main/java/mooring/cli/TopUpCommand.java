package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.UUID;
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
        boolean decimal = amount.matches("[0-9]{1,10}(\\.[0-9]{1,9})?");
        if (!decimal || new BigDecimal(amount).signum() == 0) {
            throw new MisuseException(
                    "AMOUNT: "
                            + amount
                            + " (expected: a decimal above zero, with at most nine digits after"
                            + " the point, such as 25.00).");
        }
        if (idempotencyKey != null && !idempotencyKey.matches("[!-~]{1,255}")) {
            throw new MisuseException(
                    "--idempotency-key: "
                            + idempotencyKey
                            + " (expected: 1 to 255 visible ASCII characters).");
        }
        Api api = management();
        String path = Organizations.path(api, organization) + "/credits";
        ObjectNode body = Json.object().put("amount", amount).put("reason", reason);
        ObjectNode credit = add(api, path, body);
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

    private ObjectNode add(Api api, String path, ObjectNode body) {
        String key = idempotencyKey != null ? idempotencyKey : UUID.randomUUID().toString();
        try {
            return api.write(path, body, key);
        } catch (LostAnswer e) {
            throw new Refusal(
                    e.getMessage()
                            + " The money may have been added: repeat safely with"
                            + " --idempotency-key "
                            + key
                            + ".",
                    e);
        }
    }
}
