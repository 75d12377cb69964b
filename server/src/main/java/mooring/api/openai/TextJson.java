package mooring.api.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import mooring.ids.RequestId;
import mooring.inference.JsonText;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// The pieces of JSON that streamed and whole text completions share, and where each choice's text
/// has come to.
final class TextJson {

    private final Map<Integer, Long> offsets = new HashMap<>();

    static String answerId(RequestId id) {
        return "cmpl-" + id.toString().substring("req_".length());
    }

    /// A piece's log-probabilities in the form of text completions: four lists side by side.
    /// Engines write them so, or as in chats.
    @Nullable JsonNode logprobs(int choice, @Nullable JsonText piece) {
        if (piece == null) {
            return null;
        }
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(piece.text());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("logprobs that were JSON a moment ago", e);
        }
        return node.path("content").isArray() ? fourLists(choice, node.path("content")) : node;
    }

    private ObjectNode fourLists(int choice, JsonNode content) {
        ObjectNode lists = Json.MAPPER.createObjectNode();
        ArrayNode tokens = lists.putArray("tokens");
        ArrayNode probabilities = lists.putArray("token_logprobs");
        ArrayNode alternatives = lists.putArray("top_logprobs");
        ArrayNode places = lists.putArray("text_offset");
        for (JsonNode token : content) {
            String text = token.path("token").asText();
            tokens.add(text);
            probabilities.add(token.path("logprob"));
            ObjectNode best = alternatives.addObject();
            for (JsonNode alternative : token.path("top_logprobs")) {
                best.set(alternative.path("token").asText(), alternative.path("logprob"));
            }
            long place = offsets.getOrDefault(choice, 0L);
            places.add(place);
            offsets.put(choice, place + text.codePointCount(0, text.length()));
        }
        return lists;
    }

    /// Joins a further piece's lists to those so far.
    static ObjectNode joined(@Nullable ObjectNode sofar, JsonNode piece) {
        ObjectNode joined = sofar == null ? Json.MAPPER.createObjectNode() : sofar;
        for (Map.Entry<String, JsonNode> list : piece.properties()) {
            if (list.getValue() instanceof ArrayNode more
                    && joined.get(list.getKey()) instanceof ArrayNode before) {
                before.addAll(more);
            } else {
                joined.set(list.getKey(), list.getValue());
            }
        }
        return joined;
    }
}
