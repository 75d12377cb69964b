package mooring.api.anthropic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.ids.RequestId;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.ServiceTier;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// The pieces of JSON that streamed and whole answers share.
final class MessageJson {

    private MessageJson() {}

    /// An answer's id as Anthropic's clients expect it; the digits are the request id's.
    static String answerId(RequestId id) {
        return "msg_" + id.toString().substring("req_".length());
    }

    /// Prompt tokens are split into disjoint counts here: `input_tokens` leaves out what was
    /// cached. An engine here says what it found cached, never what it wrote to its cache.
    static ObjectNode usage(Usage usage, ServiceTier tier) {
        ObjectNode json =
                Json.MAPPER
                        .createObjectNode()
                        .put("input_tokens", usage.inputUncached())
                        .put(
                                "cache_creation_input_tokens",
                                usage.cacheWrite5m() + usage.cacheWrite1h())
                        .put("cache_read_input_tokens", usage.cacheRead())
                        .put("output_tokens", usage.output());
        json.putObject("cache_creation")
                .put("ephemeral_5m_input_tokens", usage.cacheWrite5m())
                .put("ephemeral_1h_input_tokens", usage.cacheWrite1h());
        return json.put("service_tier", tier.word());
    }

    /// Why it ended, and the stop sequence that was met where the engine says which.
    static ObjectNode ending(ObjectNode json, StreamEvent.Finished finished) {
        String met = stopSequence(finished);
        String reason =
                switch (finished.reason()) {
                    case STOP -> met == null ? "end_turn" : "stop_sequence";
                    case LENGTH -> "max_tokens";
                    case TOOL_CALLS -> "tool_use";
                    case CONTENT_FILTER -> "refusal";
                };
        return json.put("stop_reason", reason).put("stop_sequence", met);
    }

    /// vLLM tells it beside the choice.
    private static @Nullable String stopSequence(StreamEvent.Finished finished) {
        JsonText told = finished.extras().choice().get("stop_reason");
        if (finished.reason() != FinishReason.STOP || told == null) {
            return null;
        }
        try {
            return Json.MAPPER.readTree(told.text()).textValue();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a field that was JSON a moment ago", e);
        }
    }
}
