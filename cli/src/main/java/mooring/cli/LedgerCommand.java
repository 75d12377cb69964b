package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.time.Duration;
import picocli.CommandLine.Command;

/// The ledger, as far as one looks at it from outside.
@Command(name = "ledger", description = "Verify the ledger.")
final class LedgerCommand extends GroupCommand {

    /// Has every check of the ledger recomputed.
    @Command(
            name = "verify",
            description = {
                "Recompute every check of the ledger; nothing is changed.",
                "Ends with 1 when something was found."
            })
    static final class Verify extends ApiCommand {
        private static final Duration VERIFY_DEADLINE = Duration.ofMinutes(30);

        Verify(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode result = management().post("/api/v1/ledger/verify", null, VERIFY_DEADLINE);
            show(result, out -> print(result, out));
            return result.path("ok").asBoolean() ? Commands.DONE : Commands.REFUSED;
        }

        private static void print(ObjectNode result, PrintStream out) {
            JsonNode checks = result.path("checks");
            Table table = Table.of("CHECK", ">VIOLATIONS", "STATEMENT");
            for (JsonNode check : checks) {
                table.row(
                        Json.text(check, "id"),
                        Json.text(check, "violations"),
                        Json.text(check, "statement"));
            }
            table.print(out);
            out.println();
            for (JsonNode check : checks) {
                for (JsonNode row : check.path("rows")) {
                    out.println(Text.oneLine(Json.text(check, "id") + ": " + row.asText()));
                }
            }
            out.println(
                    result.path("ok").asBoolean()
                            ? "Nothing found in " + checks.size() + " checks."
                            : "The ledger is violated: keep its database as it is, and compare the"
                                    + " rows above.");
        }
    }
}
