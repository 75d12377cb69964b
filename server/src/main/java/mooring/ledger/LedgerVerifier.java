package mooring.ledger;

import java.time.Instant;
import java.util.List;

/// Recomputes on live data what must always hold, and names the rows where it does not. Blocking.
public interface LedgerVerifier {

    /// @param id stable name of the invariant
    /// @param statement what must hold, in one sentence
    /// @param rows the offending rows, the first hundred
    record Check(String id, String statement, long violations, List<String> rows) {
        public Check {
            rows = List.copyOf(rows);
        }
    }

    record Report(Instant checkedAt, List<Check> checks) {
        public Report {
            checks = List.copyOf(checks);
        }

        public boolean ok() {
            return checks.stream().allMatch(check -> check.violations() == 0);
        }
    }

    /// All checks in one snapshot of the database.
    Report verify();
}
