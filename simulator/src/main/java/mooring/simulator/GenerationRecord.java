package mooring.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the engine did for one request, written down when the request ended.
///
/// `label` is what a directive called it. `finishReason` is the one sent, or `cancelled` (the
/// client left), `cut`, `reset` or `half_open` (a fault took the connection) or `error` (refused
/// with `status`). `generatedTokens` counts all choices; `writtenTokens` of them were handed to the
/// socket. `fields` names the body's top-level fields.
public record GenerationRecord(
        String id,
        @Nullable String callerRequestId,
        @Nullable String label,
        @Nullable String user,
        @Nullable JsonNode metadata,
        String model,
        boolean streamed,
        @Nullable String cacheSalt,
        List<String> fields,
        int status,
        int promptTokens,
        int cachedTokens,
        long generatedTokens,
        long reasoningTokens,
        long writtenTokens,
        String finishReason,
        Instant startedAt,
        @Nullable Instant firstTokenAt,
        Instant endedAt,
        @Nullable Long cancelledAfterTokens) {

    public GenerationRecord {
        fields = List.copyOf(fields);
    }

    /// Whether the client left before the end.
    public boolean cancelled() {
        return cancelledAfterTokens != null;
    }

    /// The record as the log file and `/simulator/log` show it.
    public ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", id);
        json.put("caller_request_id", callerRequestId);
        json.put("label", label);
        json.put("user", user);
        json.set("metadata", metadata);
        json.put("model", model);
        json.put("streamed", streamed);
        json.put("cache_salt", cacheSalt);
        fields.forEach(json.putArray("fields")::add);
        json.put("status", status);
        json.put("prompt_tokens", promptTokens);
        json.put("cached_tokens", cachedTokens);
        json.put("generated_tokens", generatedTokens);
        json.put("reasoning_tokens", reasoningTokens);
        json.put("written_tokens", writtenTokens);
        json.put("finish_reason", finishReason);
        json.put("started_at", startedAt.toString());
        json.put("first_token_at", firstTokenAt == null ? null : firstTokenAt.toString());
        json.put("ended_at", endedAt.toString());
        json.put("cancelled_after_tokens", cancelledAfterTokens);
        return json;
    }
}
