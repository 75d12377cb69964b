package mooring.ledger.store;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/// What is judged of every movement of money that people ask for, before and while it is booked.
final class Checks {

    /// The longest reason and the longest idempotency key that are kept.
    static final int MAX_REASON_CHARS = 500;

    static final int MAX_KEY_CHARS = 200;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private static final String NUMERIC_VALUE_OUT_OF_RANGE = "22003";

    private Checks() {}

    static void text(String param, String text, int maxChars) {
        if (text.isBlank() || text.length() > maxChars) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            param,
                            param
                                    + ": "
                                    + text.length()
                                    + " characters (expected: 1.."
                                    + maxChars
                                    + ", not only spaces)"));
        }
    }

    static void key(@Nullable String idempotencyKey) {
        if (idempotencyKey != null) {
            text("idempotency_key", idempotencyKey, MAX_KEY_CHARS);
        }
    }

    static void positive(Money amount) {
        if (!amount.positive()) {
            throw invalid("amount", amount.text(), "more than 0");
        }
    }

    static void priority(int priority) {
        if (priority < 0 || priority > Short.MAX_VALUE) {
            throw invalid("priority", Integer.toString(priority), "0.." + Short.MAX_VALUE);
        }
    }

    /// The instant as the database keeps it, when it is still to come.
    static @Nullable Instant future(String param, @Nullable Instant instant, Instant now) {
        if (instant == null) {
            return null;
        }
        if (!instant.isAfter(now)) {
            throw invalid(
                    param,
                    instant.toString(),
                    "an instant after now, " + now.truncatedTo(ChronoUnit.SECONDS));
        }
        return Instants.kept(instant);
    }

    /// Books within the range that amounts have.
    static <T> T inRange(Money amount, Supplier<T> booking) {
        try {
            return booking.get();
        } catch (ArithmeticException _) {
            throw tooMuch(amount);
        } catch (JdbiException e) {
            if (NUMERIC_VALUE_OUT_OF_RANGE.equals(SqlFaults.state(e))) {
                throw tooMuch(amount);
            }
            throw e;
        }
    }

    /// Asks the database for somebody who should come back when it does not answer.
    static <T> T answered(Supplier<T> question) {
        try {
            return question.get();
        } catch (JdbiException e) {
            if (SqlFaults.transientFault(e)) {
                throw new ProblemException(new Problem.StoreUnavailable(RETRY_AFTER), e);
            }
            throw e;
        }
    }

    static ProblemException invalid(String param, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(param, value, expected));
    }

    private static ProblemException tooMuch(Money amount) {
        return invalid("amount", amount.text(), "a balance within ± 9,200,000,000 afterwards");
    }
}
