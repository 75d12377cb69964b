package mooring.simulator.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import mooring.simulator.text.Prompt;
import mooring.simulator.text.PseudoWords;

/// Made-up but steady log probabilities: the same token always has the same.
final class Logprobs {

    private static final int MAX_TOP = 20;

    private Logprobs() {}

    /// The `logprobs` field of a chat choice.
    static void writeChat(JsonGenerator json, List<String> tokens, int top) throws IOException {
        json.writeObjectFieldStart("logprobs");
        json.writeArrayFieldStart("content");
        for (String token : tokens) {
            json.writeStartObject();
            writeToken(json, token, probability(token));
            json.writeArrayFieldStart("top_logprobs");
            for (int place = 0; place < Math.min(top, MAX_TOP); place++) {
                json.writeStartObject();
                writeToken(json, alternative(token, place), probability(token) - place);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeToken(JsonGenerator json, String token, double probability)
            throws IOException {
        json.writeStringField("token", token);
        json.writeNumberField("logprob", probability);
        json.writeArrayFieldStart("bytes");
        for (byte each : token.getBytes(StandardCharsets.UTF_8)) {
            json.writeNumber(Byte.toUnsignedInt(each));
        }
        json.writeEndArray();
    }

    /// The `logprobs` field of a text choice; offsets start at the given place of the answer.
    static void writeText(JsonGenerator json, List<String> tokens, int top, int offset)
            throws IOException {
        json.writeObjectFieldStart("logprobs");
        json.writeArrayFieldStart("text_offset");
        int at = offset;
        for (String token : tokens) {
            json.writeNumber(at);
            at += token.length();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("token_logprobs");
        for (String token : tokens) {
            json.writeNumber(probability(token));
        }
        json.writeEndArray();
        json.writeArrayFieldStart("tokens");
        for (String token : tokens) {
            json.writeString(token);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("top_logprobs");
        for (String token : tokens) {
            json.writeStartObject();
            for (int place = 0; place < Math.min(top, MAX_TOP); place++) {
                json.writeNumberField(alternative(token, place), probability(token) - place);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static String alternative(String token, int place) {
        return place == 0 ? token : PseudoWords.word(token.hashCode(), place);
    }

    private static double probability(String token) {
        return -(Prompt.mix(token.hashCode()) & 0xFF) / 256.0;
    }
}
