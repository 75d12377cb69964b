package mooring.simulator.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import mooring.simulator.answer.CompletionRequest;
import mooring.simulator.answer.Piece;
import mooring.simulator.script.UsagePlace;
import mooring.simulator.text.Prompt;
import org.jspecify.annotations.Nullable;

/// Writes an answer's server-sent events, in vLLM's shapes, into a buffer that is taken in turn.
public final class EventWriter {

    private static final JsonFactory JSON = new JsonFactory();
    private static final int ASCII = 127;

    private final Head head;
    private final CompletionRequest request;
    private final Tally tally;
    private final @Nullable UsagePlace usage;
    private final int[] textOffsets;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream(512);

    /// What one choice of a chunk says.
    @FunctionalInterface
    private interface ChoiceBody {
        void write(JsonGenerator json) throws IOException;
    }

    public EventWriter(Head head, Tally tally) {
        this.head = head;
        this.request = head.request();
        this.tally = tally;
        this.textOffsets = new int[request.choices()];
        this.usage = usagePlace();
    }

    private @Nullable UsagePlace usagePlace() {
        if (head.directive().usage() != null) {
            return head.directive().usage();
        }
        if (!request.usageLast()) {
            return null;
        }
        return request.usageEvery() ? UsagePlace.EVERY : UsagePlace.LAST;
    }

    /// Opens each choice; text completions have no such chunk.
    public void opening() {
        for (int choice = 0; request.chat() && choice < request.choices(); choice++) {
            chunk(
                    choice,
                    false,
                    json -> {
                        json.writeObjectFieldStart("delta");
                        json.writeStringField("role", "assistant");
                        json.writeStringField("content", "");
                        json.writeEndObject();
                        json.writeNullField("logprobs");
                        json.writeNullField("finish_reason");
                    });
        }
    }

    /// One token, as one chunk or as many as the directive cuts it into.
    public void token(int choice, Piece piece) {
        if (piece.kind() == Piece.Kind.CALL_NAME) {
            delta(choice, piece, piece.text(), true);
            return;
        }
        boolean first = true;
        for (String text : Deltas.of(piece.text(), head.directive())) {
            delta(choice, piece, text, first);
            first = false;
        }
        textOffsets[choice] += piece.text().length();
    }

    private void delta(int choice, Piece piece, String text, boolean firstOfToken) {
        boolean probable =
                firstOfToken && request.topLogprobs() >= 0 && piece.kind() == Piece.Kind.CONTENT;
        chunk(
                choice,
                false,
                json -> {
                    if (request.chat()) {
                        json.writeObjectFieldStart("delta");
                        writeDelta(json, choice, piece, text);
                        json.writeEndObject();
                    } else {
                        json.writeStringField("text", text);
                    }
                    if (probable) {
                        writeLogprobs(json, choice, piece.text());
                    } else {
                        json.writeNullField("logprobs");
                    }
                    json.writeNullField("finish_reason");
                });
    }

    private void writeDelta(JsonGenerator json, int choice, Piece piece, String text)
            throws IOException {
        switch (piece.kind()) {
            case CONTENT -> json.writeStringField("content", text);
            case REASONING -> json.writeStringField("reasoning_content", text);
            case CALL_NAME -> writeCall(json, choice, piece, text, "");
            case CALL_ARGUMENTS -> writeCall(json, choice, piece, null, text);
        }
    }

    private void writeCall(
            JsonGenerator json, int choice, Piece piece, @Nullable String name, String arguments)
            throws IOException {
        json.writeArrayFieldStart("tool_calls");
        json.writeStartObject();
        json.writeNumberField("index", piece.call());
        if (name != null) {
            json.writeStringField("id", callId(request, choice, piece.call()));
            json.writeStringField("type", "function");
        }
        json.writeObjectFieldStart("function");
        if (name != null) {
            json.writeStringField("name", name);
        }
        json.writeStringField("arguments", arguments);
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndArray();
    }

    static String callId(CompletionRequest request, int choice, int call) {
        long number = Prompt.mix(request.prompt().hash() + 31L * choice + call);
        return "chatcmpl-tool-" + String.format("%016x", number);
    }

    private void writeLogprobs(JsonGenerator json, int choice, String token) throws IOException {
        if (request.chat()) {
            Logprobs.writeChat(json, List.of(token), request.topLogprobs());
        } else {
            Logprobs.writeText(json, List.of(token), request.topLogprobs(), textOffsets[choice]);
        }
    }

    /// The end of a choice.
    public void finish(int choice, String reason) {
        chunk(
                choice,
                true,
                json -> {
                    if (request.chat()) {
                        json.writeObjectFieldStart("delta");
                        json.writeStringField("content", "");
                        json.writeEndObject();
                    } else {
                        json.writeStringField("text", "");
                    }
                    json.writeNullField("logprobs");
                    json.writeStringField("finish_reason", reason);
                    json.writeNullField("stop_reason");
                    if (usage == UsagePlace.IN_CHOICE) {
                        Counts.writeUsage(json, tally);
                    }
                });
    }

    /// Something that is not JSON in the place of a chunk.
    public void malformed() {
        raw("data: {\"id\":\"" + head.id() + "\",\"choices\":[{\"index\":0,\"delta\":{\"con\n\n");
    }

    /// What follows the last choice: usage where it goes there, and the end mark.
    public void ending(boolean withDone) {
        if (usage == UsagePlace.LAST || usage == UsagePlace.EVERY) {
            event(
                    json -> {
                        json.writeArrayFieldStart("choices");
                        json.writeEndArray();
                        Counts.writeUsage(json, tally);
                    });
        }
        if (withDone) {
            raw("data: [DONE]\n\n");
        }
    }

    private void chunk(int choice, boolean last, ChoiceBody body) {
        event(
                json -> {
                    json.writeArrayFieldStart("choices");
                    json.writeStartObject();
                    json.writeNumberField("index", choice);
                    body.write(json);
                    json.writeEndObject();
                    json.writeEndArray();
                    if (usage == UsagePlace.EVERY) {
                        Counts.writeRunningUsage(json, tally, choice);
                    } else if (usage == UsagePlace.WITH_FINISH && last) {
                        Counts.writeUsage(json, tally);
                    }
                    if (request.timings()) {
                        Counts.writeTimings(json, tally);
                    }
                });
    }

    private void event(ChoiceBody body) {
        raw("data: ");
        try (JsonGenerator json = JSON.createGenerator(pending)) {
            if (head.directive().escapeNonAscii() || head.directive().splitSurrogates()) {
                json.setHighestNonEscapedChar(ASCII);
            }
            json.writeStartObject();
            head.write(json, request.chat() ? "chat.completion.chunk" : "text_completion");
            body.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        raw("\n\n");
    }

    private void raw(String text) {
        pending.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The bytes written since the last call.
    public byte[] take() {
        byte[] bytes = pending.toByteArray();
        pending.reset();
        return bytes;
    }
}
