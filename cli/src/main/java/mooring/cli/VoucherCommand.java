package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Vouchers: codes that credit a wallet, once or a limited number of times.
@Command(name = "voucher", description = "Create, list, revoke and redeem vouchers.")
final class VoucherCommand extends GroupCommand {

    private static final String PATH = "/api/v1/vouchers";

    /// Makes vouchers and shows their codes, this one time.
    @Command(
            name = "create",
            description = "Create vouchers. Their codes are shown once, and cannot be read again.")
    static final class Create extends ApiCommand {
        @Parameters(
                paramLabel = "AMOUNT",
                description = "What each credits, in the currency of the prices, such as 5.00.")
        private String amount = "";

        @Option(
                names = "--reason",
                required = true,
                paramLabel = "TEXT",
                description = "Why; kept with each transfer.")
        private String reason = "";

        @Option(
                names = "--count",
                paramLabel = "N",
                description = "How many vouchers, 1 to 1000 (default: 1).")
        private int count = 1;

        @Option(
                names = "--uses",
                paramLabel = "N",
                description = "How often each code can be redeemed (default: 1).")
        private int uses = 1;

        @Option(
                names = "--often",
                description = "Let one organization redeem a code more than once.")
        private boolean often;

        @Option(
                names = "--valid-until",
                paramLabel = "TIME",
                description = "The instant in UTC from which it cannot be redeemed any more.")
        private @Nullable String validUntil;

        @Option(
                names = "--kind",
                paramLabel = "KIND",
                description = "What the credit is: promotional (default) or allowance.")
        private @Nullable String kind;

        @Option(
                names = "--credit-days",
                paramLabel = "N",
                description = "Days from the redemption until the credit expires.")
        private @Nullable Integer creditDays;

        @Option(
                names = "--credit-expires",
                paramLabel = "TIME",
                description = "The instant in UTC at which the credit expires (default: never).")
        private @Nullable String creditExpires;

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode body =
                    Json.object()
                            .put("amount", Decimals.positive("AMOUNT", amount))
                            .put("reason", reason);
            body.put("count", count).put("max_redemptions", uses);
            body.put("once_per_organization", !often);
            put(body, "valid_until", validUntil);
            put(body, "kind", kind);
            put(body, "credit_expires_at", creditExpires);
            if (creditDays != null) {
                body.put("credit_days", creditDays);
            }
            ObjectNode made = management().write(PATH, body, UUID.randomUUID().toString());
            if (!made.path("data").path(0).path("code").isTextual()) {
                // The first answer was lost, and a repeated one never holds the codes.
                throw new Refusal(
                        made.path("data").size()
                                + " vouchers were made, but their codes were lost with the"
                                + " connection: use mooring voucher revoke ID, the first "
                                + Json.text(made.path("data").path(0), "id")
                                + ", then create others.");
            }
            show(
                    made,
                    out -> {
                        Listing.of("VOUCHER", "id")
                                .add("CODE", "code")
                                .add(">AMOUNT", "amount")
                                .add("CURRENCY", "currency")
                                .print(made, out);
                        out.println();
                        out.println("Keep the codes now: they are not shown again.");
                    });
            return Commands.DONE;
        }

        private static void put(ObjectNode body, String name, @Nullable String value) {
            if (value != null) {
                body.put(name, value);
            }
        }
    }

    /// Shows vouchers, by what their codes begin with.
    @Command(name = "list", description = "List vouchers, those that are over included.")
    static final class Lists extends ApiCommand {

        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode list = management().list(PATH);
            show(
                    list,
                    out ->
                            Listing.of("VOUCHER", "id")
                                    .add("BEGINS", "hint")
                                    .add("STATE", "state")
                                    .add(">REDEEMED", "redemptions")
                                    .add(">OF", "max_redemptions")
                                    .add(">AMOUNT", "amount")
                                    .add("CURRENCY", "currency")
                                    .add("KIND", "kind")
                                    .add("VALID UNTIL", "valid_until")
                                    .add("REASON", "reason")
                                    .print(list, out));
            return Commands.DONE;
        }
    }

    /// Ends a voucher.
    @Command(
            name = "revoke",
            description = "Revoke a voucher: it cannot be redeemed any more. What was, stays.")
    static final class Revoke extends ApiCommand {
        @Parameters(
                paramLabel = "ID",
                description = "The voucher's id, vch_…, as shown by: mooring voucher list.")
        private String id = "";

        Revoke(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            if (!id.startsWith("vch_")) {
                // Not repeated: people paste the code itself here.
                throw new MisuseException("ID must be a voucher's id, which begins with vch_.");
            }
            String path = PATH + "/" + Api.part(id) + "/revoke";
            ObjectNode voucher = management().write(path, null, UUID.randomUUID().toString());
            show(
                    voucher,
                    out ->
                            Fields.of("voucher", Json.text(voucher, "id"))
                                    .add(
                                            "redeemed",
                                            Json.text(voucher, "redemptions")
                                                    + " of "
                                                    + Json.text(voucher, "max_redemptions"))
                                    .add("revoked", Json.text(voucher, "revoked_at"))
                                    .print(out));
            return Commands.DONE;
        }
    }

    /// Credits what a code promises.
    @Command(name = "redeem", description = "Redeem a voucher for an organization.")
    static final class Redeem extends ApiCommand {
        @Parameters(
                index = "0",
                paramLabel = "ORG",
                description = "The organization, by id or exact name.")
        private String organization = "";

        @Parameters(index = "1", paramLabel = "CODE", description = "The voucher's code.")
        private String code = "";

        Redeem(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            String path = Organizations.path(api, organization) + "/redemptions";
            ObjectNode body = Json.object().put("code", code);
            ObjectNode made = api.write(path, body, UUID.randomUUID().toString());
            show(
                    made,
                    out -> {
                        String currency = " " + Json.text(made, "currency");
                        Fields.of("voucher", Json.text(made, "voucher_id"))
                                .add("transfer", Json.text(made, "transfer_id"))
                                .add("added", Json.text(made, "amount") + currency)
                                .add("kind", Json.text(made, "kind"))
                                .add("expires", Json.text(made, "expires_at"))
                                .add(
                                        "balance",
                                        Json.text(made.path("balance"), "available") + currency)
                                .print(out);
                    });
            return Commands.DONE;
        }
    }
}
