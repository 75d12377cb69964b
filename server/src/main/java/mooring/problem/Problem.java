package mooring.problem;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Why a request was not answered as asked. Each door turns it into its own dialect's error; the
/// table in ARCHITECTURE.md lists every case with its status, type and code.
public sealed interface Problem {

    /// One sentence for the caller: what was found, what was expected, what to do next.
    String message();

    /// Its name where programs read: `engine_timeout`.
    default String name() {
        return getClass()
                .getSimpleName()
                .replaceAll("(?<=.)(?=\\p{Upper})", "_")
                .toLowerCase(Locale.ROOT);
    }

    /// A field of the request cannot be served: `max_tokens: 0 (expected: 1..8192)`.
    record InvalidRequest(@Nullable String param, String message) implements Problem {
        /// A value is echoed up to here: enough to recognise it.
        private static final int MAX_SHOWN_CHARS = 200;

        public static InvalidRequest of(String param, Object value, String expected) {
            String shown = String.valueOf(value);
            if (shown.length() > MAX_SHOWN_CHARS) {
                shown = shown.substring(0, MAX_SHOWN_CHARS) + "…";
            }
            return new InvalidRequest(
                    param, param + ": " + shown + " (expected: " + expected + ")");
        }
    }

    /// The prompt, or prompt and output limit together, do not fit the model's window.
    record ContextLengthExceeded(String param, String message) implements Problem {}

    /// No model of that name is offered.
    record ModelNotFound(String model) implements Problem {
        @Override
        public String message() {
            return "model: \"" + model + "\" is not offered here (GET /v1/models lists what is)";
        }
    }

    /// A thing named by id does not exist, or belongs to somebody else.
    record NotFound(String message) implements Problem {}

    /// The path exists, the method does not.
    record MethodNotAllowed(String method, String allowed) implements Problem {
        @Override
        public String message() {
            return method + " is not allowed here (expected: " + allowed + ")";
        }
    }

    /// The body is larger than this server takes.
    record BodyTooLarge(long limitBytes) implements Problem {
        @Override
        public String message() {
            return "the body is larger than " + limitBytes + " bytes (expected: at most that)";
        }
    }

    /// What the gateway has for this kind of work is used up by others.
    ///
    /// @param doing the work: "reading as many large bodies"
    /// @param current what is used of `limit`, in bytes or in pieces of work
    record Overloaded(String doing, long limit, long current, Duration retryAfter)
            implements Problem {
        @Override
        public String message() {
            return "the gateway is "
                    + doing
                    + " as it has room for (expected: try again in "
                    + Seconds.up(retryAfter)
                    + " s)";
        }
    }

    /// The request's head is larger than this server takes.
    record HeadTooLarge(long limitBytes) implements Problem {
        @Override
        public String message() {
            return "the request line or a header is too long (expected: at most "
                    + limitBytes
                    + " bytes)";
        }
    }

    /// The body is in a form that is not read here.
    record UnsupportedMediaType(String message) implements Problem {}

    /// The request did not arrive whole in time.
    record RequestTimeout(Duration limit) implements Problem {
        @Override
        public String message() {
            return "the request did not arrive whole within " + limit.toSeconds() + " s";
        }
    }

    /// No key, an unknown, malformed, revoked or expired one: one text for all. Client libraries
    /// tell it from other bad requests by its first words, which are OpenAI's.
    record InvalidApiKey() implements Problem {
        @Override
        public String message() {
            return "Incorrect API key provided, or none (expected: Authorization: Bearer KEY with a"
                    + " key of this installation)";
        }
    }

    /// The credential is known but may not do this.
    record Forbidden(String message) implements Problem {}

    /// The wallet cannot carry what the request could cost at most.
    record InsufficientQuota(Money available, Money required) implements Problem {
        @Override
        public String message() {
            return "the balance cannot carry this request: available "
                    + available
                    + ", needed "
                    + required
                    + " (top up, or lower max_tokens or the prompt)";
        }
    }

    /// The wallet ran dry while the answer was on its way.
    ///
    /// @param available what is left, which did not carry the next part
    record QuotaExhausted(Money available) implements Problem {
        @Override
        public String message() {
            return "the balance ran out while the answer was generated; what was delivered is"
                    + " charged (top up to go on)";
        }
    }

    /// A budget that the request counts against cannot carry what it could cost at most.
    ///
    /// @param used spent in this period, and set aside for running requests
    record BudgetExceeded(BudgetScope scope, Money limit, Money used, Instant resetsAt)
            implements Problem {
        @Override
        public String message() {
            return "the budget of this "
                    + scope.text()
                    + " cannot carry this request: limit "
                    + limit
                    + ", used "
                    + used
                    + " with what running requests hold, reset at "
                    + resetsAt
                    + " (wait until then, raise the budget, or lower max_tokens or the prompt)";
        }
    }

    /// A limit on requests or tokens leaves no room for this request.
    ///
    /// @param current what is used of the limit at this moment
    /// @param requested what this request would add; above `limit` it never fits
    /// @param resetAfter when enough is free again, as far as can be told
    record LimitReached(
            LimitScope scope,
            LimitKind kind,
            long limit,
            long current,
            long requested,
            Duration resetAfter)
            implements Problem {

        /// Longer than this no client waits by itself.
        private static final Duration PATIENCE = Duration.ofSeconds(60);

        /// Whether there is room so soon that a client should try again by itself.
        public boolean soonFits() {
            return !neverFits() && resetAfter.compareTo(PATIENCE) <= 0;
        }

        /// Whether waiting is of no use: the request alone is more than the whole limit.
        public boolean neverFits() {
            return requested > limit;
        }

        @Override
        public String message() {
            String what =
                    kind.words()
                            + " of this "
                            + (scope == LimitScope.MODEL
                                    ? "model for this organization"
                                    : scope.text());
            if (neverFits()) {
                return "the request alone is larger than the limit on "
                        + what
                        + ": limit "
                        + limit
                        + ", requested "
                        + requested
                        + " (lower max_tokens or shorten the prompt)";
            }
            return "the limit on "
                    + what
                    + " is reached: limit "
                    + limit
                    + ", current "
                    + current
                    + ", requested "
                    + requested
                    + " (try again in "
                    + Seconds.up(resetAfter)
                    + " s)";
        }
    }

    /// The same write was made before with other content.
    record Conflict(String message) implements Problem {}

    /// A request with the same key of the caller's is being answered.
    record StillRunning(String request, Duration retryAfter) implements Problem {
        @Override
        public String message() {
            return "Idempotency-Key: the request "
                    + request
                    + " with this key is still running (expected: a repeat after it has ended;"
                    + " try again in "
                    + Seconds.up(retryAfter)
                    + " s)";
        }
    }

    /// Every engine that could answer is busy.
    ///
    /// @param places how many requests may wait for them here; 0 where the engine itself said no
    /// @param waiting how many do
    record EngineOverloaded(long places, long waiting, Duration retryAfter) implements Problem {
        @Override
        public String message() {
            return "the engines of this model are busy; try again in "
                    + Seconds.up(retryAfter)
                    + " s";
        }
    }

    /// No engine of the model is running.
    record EngineUnavailable(String model, Duration retryAfter) implements Problem {
        @Override
        public String message() {
            return "no engine of model \"" + model + "\" is ready; try again shortly";
        }
    }

    /// The model is offered but no published price covers it, so nothing can be charged.
    record ModelNotPriced(String model) implements Problem {
        @Override
        public String message() {
            return "model \"" + model + "\" has no published price yet; the operator publishes one";
        }
    }

    /// An engine broke off, answered nonsense or not at all.
    record EngineFailed(String message) implements Problem {}

    /// The engine did not answer in time.
    record EngineTimeout(String message) implements Problem {}

    /// Nothing is admitted that could not be booked.
    record StoreUnavailable(Duration retryAfter) implements Problem {
        @Override
        public String message() {
            return "the ledger cannot be reached, so nothing is admitted; try again shortly";
        }
    }

    /// This process is about to stop and takes no new work.
    record Draining() implements Problem {
        @Override
        public String message() {
            return "this server is about to restart; try again in a few seconds";
        }
    }

    /// A fault of ours. What happened is in the log, under the request's id.
    record Internal() implements Problem {
        @Override
        public String message() {
            return "an internal error; the log holds the cause under this request's id";
        }
    }
}
