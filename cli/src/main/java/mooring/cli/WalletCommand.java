package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What an organization's wallet consists of, how it came and went, and taking back.
@Command(
        name = "wallet",
        description = "Show an organization's credit lots and transfers; charge back.")
final class WalletCommand extends GroupCommand {

    /// Takes money back whose payment was reversed.
    @Command(
            name = "charge-back",
            description = {
                "Take back money whose payment was reversed. What the wallet does not have is",
                "owed, and the next credit pays it."
            })
    static final class ChargeBack extends ApiCommand {
        @Parameters(
                index = "0",
                paramLabel = "ORG",
                description = "The organization, by id or exact name.")
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
                        "Names this charge-back, so that a repeat with the same name takes nothing"
                                + " (default: a new one).")
        private @Nullable String idempotencyKey;

        ChargeBack(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode body =
                    Json.object()
                            .put("amount", Decimals.positive("AMOUNT", amount))
                            .put("reason", reason);
            Api api = management();
            String path = Organizations.path(api, organization) + "/charge-backs";
            ObjectNode taken = MoneyWrite.send(api, path, body, idempotencyKey);
            show(
                    taken,
                    out -> {
                        String currency = " " + Json.text(taken, "currency");
                        Fields.of("transfer", Json.text(taken, "transfer_id"))
                                .add("taken", Json.text(taken, "amount") + currency)
                                .add("reason", Json.text(taken, "reason"))
                                .add("owed", Json.text(taken, "owed") + currency)
                                .add(
                                        "balance",
                                        Json.text(taken.path("balance"), "available") + currency)
                                .print(out);
                    });
            return Commands.DONE;
        }
    }

    /// Shows the parts of a wallet's money.
    @Command(
            name = "lots",
            description =
                    "List an organization's credit lots: kind, what remains, when it expires.")
    static final class Lots extends ApiCommand {
        @Parameters(paramLabel = "ORG", description = "The organization, by id or exact name.")
        private String organization = "";

        @Option(names = "--all", description = "Also those of which nothing is left.")
        private boolean all;

        Lots(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            String path = Organizations.path(api, organization) + "/lots";
            ObjectNode list = api.list(path + (all ? "?state=all" : ""));
            show(
                    list,
                    out ->
                            Listing.of("LOT", "id")
                                    .add("KIND", "kind")
                                    .add(">PRIORITY", "priority")
                                    .add(">AMOUNT", "amount")
                                    .add(">REMAINING", "remaining")
                                    .add("CURRENCY", "currency")
                                    .add("EXPIRES", "expires_at")
                                    .add("CREATED", "created_at")
                                    .print(list, out));
            return Commands.DONE;
        }
    }

    /// Shows how a wallet's money came and went.
    @Command(
            name = "transfers",
            description = "List the transfers of an organization's wallet, latest first.")
    static final class Transfers extends ApiCommand {
        /// A page of the API.
        private static final int MAX_LAST = 200;

        @Parameters(paramLabel = "ORG", description = "The organization, by id or exact name.")
        private String organization = "";

        @Option(
                names = "--last",
                paramLabel = "N",
                description = "How many, 1 to 200 (default: 50).")
        private int last = 50;

        Transfers(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            if (last < 1 || last > MAX_LAST) {
                throw new MisuseException(
                        "--last: " + last + " (expected: 1 to " + MAX_LAST + ").");
            }
            Api api = management();
            String path = Organizations.path(api, organization) + "/transfers?limit=" + last;
            ObjectNode list = api.get(path);
            show(
                    list,
                    out ->
                            Listing.of("TRANSFER", "id")
                                    .add("BOOKED", "booked_at")
                                    .add("KIND", "kind")
                                    .add(">CHANGE", "change")
                                    .add("CURRENCY", "currency")
                                    .add("REASON", "reason")
                                    .print(list, out));
            return Commands.DONE;
        }
    }
}
