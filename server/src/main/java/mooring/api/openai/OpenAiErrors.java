package mooring.api.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.json.Json;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Problems in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.
///
/// ARCHITECTURE.md carries the same table for readers, and a test compares the two.
public final class OpenAiErrors {

    /// @param retry whether official SDKs should try again by themselves; null leaves it to them
    public record Shape(
            int status,
            String type,
            String code,
            @Nullable String param,
            @Nullable Boolean retry,
            @Nullable Duration retryAfter) {}

    private OpenAiErrors() {}

    public static Shape shape(Problem problem) {
        return switch (problem) {
            case Problem.InvalidRequest p -> invalid(400, "invalid_value", p.param());
            case Problem.ContextLengthExceeded p ->
                    invalid(400, "context_length_exceeded", p.param());
            case Problem.ModelNotFound _ -> invalid(404, "model_not_found", "model");
            case Problem.NotFound _ -> invalid(404, "not_found", null);
            case Problem.MethodNotAllowed _ -> invalid(405, "method_not_allowed", null);
            case Problem.BodyTooLarge _ -> invalid(413, "body_too_large", null);
            case Problem.HeadTooLarge _ -> invalid(431, "head_too_large", null);
            case Problem.Overloaded p ->
                    new Shape(
                            429,
                            "overloaded_error",
                            "server_overloaded",
                            null,
                            null,
                            p.retryAfter());
            case Problem.UnsupportedMediaType _ -> invalid(415, "unsupported_media_type", null);
            case Problem.RequestTimeout _ -> invalid(408, "request_timeout", null);
            case Problem.InvalidApiKey _ -> invalid(401, "invalid_api_key", null);
            case Problem.Forbidden _ -> invalid(403, "forbidden", null);
            case Problem.Conflict _ -> invalid(409, "conflict", null);
            case Problem.StillRunning p ->
                    new Shape(
                            409,
                            "invalid_request_error",
                            "request_still_running",
                            null,
                            null,
                            p.retryAfter());
            case Problem.InsufficientQuota _, Problem.QuotaExhausted _ ->
                    new Shape(
                            429,
                            "insufficient_quota",
                            "credit_balance_exhausted",
                            null,
                            false,
                            null);
            case Problem.BudgetExceeded p ->
                    new Shape(
                            429,
                            "insufficient_quota",
                            p.scope().text() + "_budget_exceeded",
                            null,
                            false,
                            null);
            case Problem.LimitReached p ->
                    new Shape(
                            429,
                            "rate_limit_error",
                            p.kind().text() + "_exceeded",
                            null,
                            p.soonFits(),
                            p.neverFits() ? null : p.resetAfter());
            case Problem.EngineOverloaded p ->
                    new Shape(
                            429,
                            "overloaded_error",
                            "engine_overloaded",
                            null,
                            null,
                            p.retryAfter());
            case Problem.EngineUnavailable p -> server(503, "engine_unavailable", p.retryAfter());
            case Problem.StoreUnavailable p -> server(503, "store_unavailable", p.retryAfter());
            case Problem.ModelNotPriced _ -> server(503, "model_not_priced", null);
            case Problem.Draining _ -> server(503, "draining", Duration.ofSeconds(2));
            case Problem.EngineFailed _ -> server(502, "engine_failed", null);
            case Problem.EngineTimeout _ -> server(504, "engine_timeout", null);
            case Problem.Internal _ -> server(500, "internal_error", null);
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
        exchange.json(shape.status(), body(problem));
    }

    /// The error object alone, for a whole answer or inside a stream.
    public static Buffer body(Problem problem) {
        Shape shape = shape(problem);
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = Json.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeObjectFieldStart("error");
            json.writeStringField("message", problem.message());
            json.writeStringField("type", shape.type());
            json.writeStringField("param", shape.param());
            json.writeStringField("code", shape.code());
            writeFacts(json, problem);
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Buffer.buffer(out.toByteArray());
    }

    private static void writeFacts(JsonGenerator json, Problem problem) throws IOException {
        Map<String, String> facts = Refusals.facts(problem);
        if (!facts.isEmpty()) {
            json.writeObjectFieldStart("limit");
            for (Map.Entry<String, String> fact : facts.entrySet()) {
                json.writeStringField(fact.getKey(), fact.getValue());
            }
            json.writeEndObject();
        }
    }

    private static Shape invalid(int status, String code, @Nullable String param) {
        boolean retry = status == 408;
        return new Shape(status, "invalid_request_error", code, param, retry, null);
    }

    private static Shape server(int status, String code, @Nullable Duration retryAfter) {
        return new Shape(status, "server_error", code, null, null, retryAfter);
    }
}
