package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import mooring.json.Json;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// A problem in this door's form: status, type and code beside the message.
///
/// @param param the field that it is about
/// @param retryAfter when to come back, null where coming back does not help
record Refusal(
        int status,
        String type,
        String code,
        @Nullable String param,
        String message,
        @Nullable Duration retryAfter) {

    private static final String INVALID = "invalid_request_error";
    private static final String SERVER = "server_error";

    /// A restart takes about this long.
    private static final Duration AFTER_RESTART = Duration.ofSeconds(5);

    static Refusal of(Problem problem) {
        return switch (problem) {
            case Problem.InvalidRequest p ->
                    new Refusal(400, INVALID, "invalid_value", p.param(), p.message(), null);
            case Problem.ContextLengthExceeded p ->
                    new Refusal(
                            400, INVALID, "context_length_exceeded", p.param(), p.message(), null);
            case Problem.ModelNotFound p ->
                    new Refusal(404, INVALID, "model_not_found", "model", p.message(), null);
            case Problem.NotFound p -> plain(404, INVALID, "not_found", p);
            case Problem.MethodNotAllowed p -> plain(405, INVALID, "method_not_allowed", p);
            case Problem.BodyTooLarge p -> plain(413, INVALID, "body_too_large", p);
            case Problem.UnsupportedMediaType p -> plain(415, INVALID, "unsupported_media_type", p);
            case Problem.RequestTimeout p -> plain(408, INVALID, "request_timeout", p);
            case Problem.InvalidApiKey p -> plain(401, INVALID, "invalid_api_key", p);
            case Problem.Forbidden p -> plain(403, INVALID, "forbidden", p);
            case Problem.InsufficientQuota p ->
                    plain(429, "insufficient_quota", "credit_balance_exhausted", p);
            case Problem.Conflict p -> plain(409, INVALID, "conflict", p);
            case Problem.EngineOverloaded p ->
                    later(429, "overloaded_error", "engine_overloaded", p, p.retryAfter());
            case Problem.EngineUnavailable p ->
                    later(503, SERVER, "engine_unavailable", p, p.retryAfter());
            case Problem.EngineFailed p -> plain(502, SERVER, "engine_failed", p);
            case Problem.EngineTimeout p -> plain(504, SERVER, "engine_timeout", p);
            case Problem.StoreUnavailable p ->
                    later(503, SERVER, "store_unavailable", p, p.retryAfter());
            case Problem.Draining p -> later(503, SERVER, "draining", p, AFTER_RESTART);
            case Problem.Internal p -> plain(500, SERVER, "internal_error", p);
        };
    }

    /// More calls at once than this door carries out.
    static Refusal busy(int limit) {
        return new Refusal(
                503,
                SERVER,
                "busy",
                null,
                limit + " management calls are running (expected: fewer); try again in 1 s",
                Duration.ofSeconds(1));
    }

    /// The work took longer than the caller is made to wait; it may still come to its end.
    static Refusal overdue(Duration deadline) {
        return new Refusal(
                503,
                SERVER,
                "deadline_exceeded",
                null,
                "no result within "
                        + deadline.toSeconds()
                        + " s; the call may still take effect, so repeat a write with the same"
                        + " Idempotency-Key",
                Duration.ofSeconds(5));
    }

    ObjectNode body() {
        ObjectNode root = Json.MAPPER.createObjectNode();
        root.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return root;
    }

    private static Refusal plain(int status, String type, String code, Problem problem) {
        return new Refusal(status, type, code, null, problem.message(), null);
    }

    private static Refusal later(
            int status, String type, String code, Problem problem, Duration retryAfter) {
        return new Refusal(status, type, code, null, problem.message(), retryAfter);
    }
}
