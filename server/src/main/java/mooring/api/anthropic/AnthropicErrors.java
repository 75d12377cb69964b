package mooring.api.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Map;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.ids.RequestId;
import mooring.json.Json;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Problems in Anthropic's shape: `{"type": "error", "error": {"type", "message"}, "request_id"}`.
public final class AnthropicErrors {

    /// @param retry whether official SDKs should try again by themselves; null leaves it to them
    public record Shape(
            int status, String type, @Nullable Boolean retry, @Nullable Duration retryAfter) {}

    private AnthropicErrors() {}

    public static Shape shape(Problem problem) {
        return switch (problem) {
            case Problem.InvalidRequest _, Problem.ContextLengthExceeded _ ->
                    invalid(400, "invalid_request_error");
            case Problem.ModelNotFound _, Problem.NotFound _ -> invalid(404, "not_found_error");
            case Problem.MethodNotAllowed _ -> invalid(405, "invalid_request_error");
            case Problem.BodyTooLarge _ -> invalid(413, "request_too_large");
            case Problem.HeadTooLarge _ -> invalid(431, "invalid_request_error");
            case Problem.Overloaded p -> new Shape(529, "overloaded_error", null, p.retryAfter());
            case Problem.UnsupportedMediaType _ -> invalid(415, "invalid_request_error");
            case Problem.RequestTimeout _ -> new Shape(408, "timeout_error", true, null);
            case Problem.InvalidApiKey _ -> invalid(401, "authentication_error");
            case Problem.Forbidden _ -> invalid(403, "permission_error");
            case Problem.Conflict _ -> invalid(409, "invalid_request_error");
            case Problem.StillRunning p ->
                    new Shape(409, "invalid_request_error", null, p.retryAfter());
            case Problem.InsufficientQuota _, Problem.QuotaExhausted _, Problem.BudgetExceeded _ ->
                    invalid(402, "billing_error");
            case Problem.LimitReached p ->
                    new Shape(
                            429,
                            "rate_limit_error",
                            p.soonFits(),
                            p.neverFits() ? null : p.resetAfter());
            case Problem.EngineOverloaded p ->
                    new Shape(529, "overloaded_error", null, p.retryAfter());
            case Problem.EngineUnavailable p -> new Shape(503, "api_error", null, p.retryAfter());
            case Problem.StoreUnavailable p -> new Shape(503, "api_error", null, p.retryAfter());
            case Problem.ModelNotPriced _ -> new Shape(503, "api_error", null, null);
            case Problem.Draining _ -> new Shape(503, "api_error", null, Duration.ofSeconds(2));
            case Problem.EngineFailed _ -> new Shape(502, "api_error", null, null);
            case Problem.EngineTimeout _ -> new Shape(504, "timeout_error", null, null);
            case Problem.Internal _ -> new Shape(500, "api_error", null, null);
        };
    }

    /// Answers with the problem, as a whole HTTP answer.
    public static void answer(Exchange exchange, Problem problem) {
        Shape shape = shape(problem);
        if (shape.retry() != null) {
            exchange.response().putHeader("x-should-retry", shape.retry().toString());
        }
        Refusals.retryAfter(exchange.response(), shape.retryAfter());
        Refusals.headers(exchange.response(), problem);
        if (problem instanceof Problem.MethodNotAllowed notAllowed) {
            exchange.response().putHeader("allow", notAllowed.allowed());
        }
        exchange.json(shape.status(), body(problem, exchange.id()));
    }

    /// The error object alone, for a whole answer or inside a stream.
    public static Buffer body(Problem problem, RequestId id) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("type", "error");
        ObjectNode error =
                body.putObject("error")
                        .put("type", shape(problem).type())
                        .put("message", problem.message());
        Map<String, String> facts = Refusals.facts(problem);
        if (!facts.isEmpty()) {
            ObjectNode limit = error.putObject("limit");
            facts.forEach(limit::put);
        }
        body.put("request_id", id.toString());
        return Buffer.buffer(body.toString());
    }

    private static Shape invalid(int status, String type) {
        return new Shape(status, type, false, null);
    }
}
