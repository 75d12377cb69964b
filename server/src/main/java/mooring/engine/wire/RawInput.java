package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.json.Json;
import mooring.json.LongTexts;

/// Raw inputs as engines take and count them.
public final class RawInput {

    /// A tokenizer is asked for each text; more than these are left uncounted.
    private static final int MAX_COUNTED_TEXTS = 16;

    private RawInput() {}

    /// One input as itself, several as an array.
    static void write(JsonGenerator json, String field, List<TextInput> inputs) throws IOException {
        json.writeFieldName(field);
        if (inputs.size() == 1) {
            write(json, inputs.getFirst());
            return;
        }
        json.writeStartArray();
        for (TextInput input : inputs) {
            write(json, input);
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, TextInput input) throws IOException {
        switch (input) {
            case TextInput.Text(String text) -> LongTexts.write(json, text);
            case TextInput.Tokens(List<Integer> ids) -> {
                json.writeStartArray();
                for (int id : ids) {
                    json.writeNumber(id);
                }
                json.writeEndArray();
            }
        }
    }

    /// The tokens of all inputs.
    ///
    /// @param tokenizer counts one text
    public static Future<Long> count(Task task, Function<String, Future<Long>> tokenizer) {
        List<String> texts = new ArrayList<>();
        for (TextInput input : task.inputs()) {
            if (input instanceof TextInput.Text(String text)) {
                texts.add(text);
            }
        }
        if (texts.size() > MAX_COUNTED_TEXTS) {
            return Future.failedFuture(
                    new EngineException(
                            new EngineFailure.Broken(
                                    texts.size()
                                            + " texts to count (expected: at most "
                                            + MAX_COUNTED_TEXTS
                                            + ")")));
        }
        Future<Long> sum = Future.succeededFuture(task.givenTokens());
        for (String text : texts) {
            sum = sum.compose(before -> tokenizer.apply(text).map(more -> before + more));
        }
        return sum;
    }

    /// How many `tokens` a tokenizer's answer holds.
    public static long tokensOf(Buffer answer) {
        try {
            JsonNode tokens = Json.MAPPER.readTree(answer.getBytes()).path("tokens");
            if (tokens.isArray()) {
                return tokens.size();
            }
        } catch (IOException _) {
            // Told below.
        }
        throw new EngineException(new EngineFailure.Broken("a tokenizer's answer without tokens"));
    }
}
