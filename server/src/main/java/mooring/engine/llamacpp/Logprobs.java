package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.inference.JsonText;
import mooring.json.Json;

/// Log-probabilities in OpenAI's shape: the engine lists twenty alternatives where none were asked
/// for, and knows no `refusal`.
final class Logprobs {

    private Logprobs() {}

    static JsonText trimmed(JsonText logprobs, int alternatives) {
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(logprobs.text());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("logprobs that were JSON a moment ago", e);
        }
        if (!(node instanceof ObjectNode object)) {
            return logprobs;
        }
        for (JsonNode token : object.path("content")) {
            if (token.path("top_logprobs") instanceof ArrayNode top) {
                while (top.size() > alternatives) {
                    top.remove(top.size() - 1);
                }
            }
        }
        if (!object.has("refusal")) {
            object.putNull("refusal");
        }
        return new JsonText(object.toString());
    }
}
