package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Corrects what a request was charged, once, however often the answer is lost.
@Command(
        name = "adjust",
        description = "Correct what a request was charged, by transfers of its own.")
final class AdjustCommand extends ApiCommand {

    /// One of the two.
    static final class Amount {
        @Option(
                names = "--credit",
                paramLabel = "AMOUNT",
                description = "Give so much back, such as 0.004; at most what it is charged.")
        private @Nullable String credit;

        @Option(
                names = "--debit",
                paramLabel = "AMOUNT",
                description = "Take so much more; at most what it was charged.")
        private @Nullable String debit;
    }

    @Mixin private OrgOption org = new OrgOption();

    @Parameters(paramLabel = "ID", description = "The request's id, req_\u2026")
    private String id = "";

    @ArgGroup(multiplicity = "1")
    private Amount amount = new Amount();

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "Why; kept with the correction.")
    private String reason = "";

    @Option(
            names = "--by",
            required = true,
            paramLabel = "NAME",
            description = "Who decided it; kept with the correction.")
    private String actor = "";

    @Option(
            names = "--idempotency-key",
            paramLabel = "KEY",
            description =
                    "Names this correction, so that a repeat with the same name books nothing"
                            + " (default: a new one).")
    private @Nullable String idempotencyKey;

    AdjustCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        boolean credit = amount.credit != null;
        String text = Objects.requireNonNull(credit ? amount.credit : amount.debit);
        Decimals.positive(credit ? "--credit" : "--debit", text);
        Api api = management();
        String path = org.path(api) + "/requests/" + Api.part(id) + "/adjustments";
        ObjectNode body =
                Json.object()
                        .put("direction", credit ? "credit" : "debit")
                        .put("amount", text)
                        .put("reason", reason)
                        .put("actor", actor);
        ObjectNode booked = MoneyWrite.send(api, path, body, idempotencyKey);
        show(
                booked,
                out ->
                        Fields.of("adjustment", Json.text(booked, "id"))
                                .add(Json.text(booked, "direction"), Json.money(booked, "amount"))
                                .add("of the wallet", Json.money(booked, "wallet_amount"))
                                .add("reason", Json.text(booked, "reason"))
                                .add("by", Json.text(booked, "actor"))
                                .add("charged now", Json.money(booked, "charged"))
                                .print(out));
        return Commands.DONE;
    }
}
