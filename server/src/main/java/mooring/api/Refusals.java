package mooring.api;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import mooring.limits.Allowance;
import mooring.money.Money;
import mooring.problem.LimitKind;
import mooring.problem.Problem;
import mooring.problem.Seconds;
import org.jspecify.annotations.Nullable;

/// Which limit a refusal was about, in numbers that programs can read: the same in every dialect,
/// in headers and in the body's error object.
public final class Refusals {

    private static final String PREFIX = "x-mooring-limit-";

    private static final RoomHeaders REQUESTS = RoomHeaders.of("requests");
    private static final RoomHeaders TOKENS = RoomHeaders.of("tokens");

    /// The three headers about what is left of a limit.
    private record RoomHeaders(CharSequence limit, CharSequence remaining, CharSequence reset) {
        static RoomHeaders of(String what) {
            return new RoomHeaders(
                    HttpHeaders.createOptimized("x-ratelimit-limit-" + what),
                    HttpHeaders.createOptimized("x-ratelimit-remaining-" + what),
                    HttpHeaders.createOptimized("x-ratelimit-reset-" + what));
        }
    }

    private Refusals() {}

    /// `scope`, `limit`, `current` and when it resets, as far as the problem has them; empty for
    /// one that is about no limit.
    public static Map<String, String> facts(Problem problem) {
        Map<String, String> facts = new LinkedHashMap<>();
        switch (problem) {
            case Problem.LimitReached p -> {
                facts.put("scope", p.scope().text());
                facts.put("kind", p.kind().text());
                facts.put("limit", Long.toString(p.limit()));
                facts.put("current", Long.toString(p.current()));
                facts.put("requested", Long.toString(p.requested()));
                if (!p.neverFits()) {
                    facts.put("reset", span(p.resetAfter()));
                }
            }
            case Problem.BudgetExceeded p -> {
                facts.put("scope", p.scope().text());
                facts.put("kind", "budget");
                facts.put("limit", p.limit().toString());
                facts.put("current", p.used().toString());
                facts.put("reset", p.resetsAt().toString());
            }
            case Problem.InsufficientQuota p -> {
                facts.put("scope", "organization");
                facts.put("kind", "balance");
                facts.put("limit", p.available().toString());
                facts.put("current", Money.zero(p.available().currency()).toString());
                facts.put("requested", p.required().toString());
            }
            case Problem.QuotaExhausted p -> {
                facts.put("scope", "organization");
                facts.put("kind", "balance");
                facts.put("limit", p.available().toString());
                facts.put("current", Money.zero(p.available().currency()).toString());
            }
            case Problem.EngineOverloaded p -> {
                facts.put("scope", "engines");
                facts.put("kind", "capacity");
                if (p.places() > 0) {
                    facts.put("limit", Long.toString(p.places()));
                    facts.put("current", Long.toString(p.waiting()));
                }
                facts.put("reset", span(p.retryAfter()));
            }
            case Problem.Overloaded p -> {
                facts.put("scope", "server");
                facts.put("kind", "capacity");
                facts.put("limit", Long.toString(p.limit()));
                facts.put("current", Long.toString(p.current()));
                facts.put("reset", span(p.retryAfter()));
            }
            case Problem.InvalidRequest _,
                    Problem.ContextLengthExceeded _,
                    Problem.ModelNotFound _,
                    Problem.NotFound _,
                    Problem.MethodNotAllowed _,
                    Problem.BodyTooLarge _,
                    Problem.HeadTooLarge _,
                    Problem.UnsupportedMediaType _,
                    Problem.RequestTimeout _,
                    Problem.InvalidApiKey _,
                    Problem.Forbidden _,
                    Problem.Conflict _,
                    Problem.StillRunning _,
                    Problem.EngineUnavailable _,
                    Problem.ModelNotPriced _,
                    Problem.EngineFailed _,
                    Problem.EngineTimeout _,
                    Problem.StoreUnavailable _,
                    Problem.Draining _,
                    Problem.Internal _ -> {}
        }
        return facts;
    }

    /// Says after how long to come back: in whole seconds, as every client reads it, and in
    /// milliseconds for official SDKs, which prefer that. Never sooner than there is room.
    ///
    /// @param wait null for an answer that says nothing of it
    public static void retryAfter(HttpServerResponse response, @Nullable Duration wait) {
        if (wait != null) {
            response.putHeader("retry-after", Long.toString(Seconds.up(wait)))
                    .putHeader("retry-after-ms", Long.toString(Seconds.millisUp(wait)));
        }
    }

    /// Writes a refusal's facts into headers of the answer.
    public static void headers(HttpServerResponse response, Problem problem) {
        facts(problem).forEach((name, value) -> response.putHeader(PREFIX + name, value));
        if (problem instanceof Problem.LimitReached p && p.kind() != LimitKind.CONCURRENCY) {
            room(
                    response,
                    p.kind() == LimitKind.RPM ? REQUESTS : TOKENS,
                    new Allowance.Room(
                            p.limit(), Math.max(0, p.limit() - p.current()), p.resetAfter()));
        }
    }

    /// Writes what is left of the tightest limits into headers of an answer that was admitted.
    public static void headers(HttpServerResponse response, Allowance allowance) {
        if (allowance.requests() != null) {
            room(response, REQUESTS, allowance.requests());
        }
        if (allowance.tokens() != null) {
            room(response, TOKENS, allowance.tokens());
        }
    }

    private static void room(HttpServerResponse response, RoomHeaders of, Allowance.Room room) {
        response.putHeader(of.limit, Long.toString(room.limit()))
                .putHeader(of.remaining, Long.toString(room.remaining()))
                .putHeader(of.reset, span(room.resetAfter()));
    }

    /// As OpenAI writes spans in these headers: `350ms`, `12s`, `6m0s`, `11h0m0s`.
    static String span(Duration span) {
        long millis = Math.max(0, Math.ceilDiv(span.toNanos(), 1_000_000));
        if (millis < 1_000) {
            return millis + "ms";
        }
        long seconds = Math.ceilDiv(millis, 1_000);
        if (seconds < 60) {
            return seconds + "s";
        }
        return seconds < 3_600
                ? seconds / 60 + "m" + seconds % 60 + "s"
                : seconds / 3_600 + "h" + seconds / 60 % 60 + "m" + seconds % 60 + "s";
    }
}
