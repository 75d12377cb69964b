package mooring.simulator.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import mooring.simulator.answer.CompletionRequest;
import mooring.simulator.answer.Piece;
import mooring.simulator.script.UsagePlace;
import org.jspecify.annotations.Nullable;

/// Gathers an answer and writes it as one body, in vLLM's shape.
public final class WholeWriter {

    private static final JsonFactory JSON = new JsonFactory();
    private static final int ASCII = 127;

    private final Head head;
    private final CompletionRequest request;
    private final Tally tally;
    private final List<Choice> choices = new ArrayList<>();

    /// One choice as far as it has come.
    private static final class Choice {
        final StringBuilder content = new StringBuilder();
        final StringBuilder reasoning = new StringBuilder();
        final List<String> contentTokens = new ArrayList<>();
        final List<String> callNames = new ArrayList<>();
        final List<StringBuilder> callArguments = new ArrayList<>();
        @Nullable String finishReason;
    }

    public WholeWriter(Head head, Tally tally) {
        this.head = head;
        this.request = head.request();
        this.tally = tally;
        for (int i = 0; i < request.choices(); i++) {
            choices.add(new Choice());
        }
    }

    /// Takes one token.
    public void token(int index, Piece piece) {
        Choice choice = choices.get(index);
        switch (piece.kind()) {
            case CONTENT -> {
                choice.content.append(piece.text());
                if (request.topLogprobs() >= 0) {
                    choice.contentTokens.add(piece.text());
                }
            }
            case REASONING -> choice.reasoning.append(piece.text());
            case CALL_NAME -> {
                choice.callNames.add(piece.text());
                choice.callArguments.add(new StringBuilder());
            }
            case CALL_ARGUMENTS -> choice.callArguments.getLast().append(piece.text());
        }
    }

    /// Ends a choice.
    public void finish(int index, String reason) {
        choices.get(index).finishReason = reason;
    }

    /// The body.
    public byte[] body() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            if (head.directive().escapeNonAscii() || head.directive().splitSurrogates()) {
                json.setHighestNonEscapedChar(ASCII);
            }
            json.writeStartObject();
            head.write(json, request.chat() ? "chat.completion" : "text_completion");
            json.writeArrayFieldStart("choices");
            for (int i = 0; i < choices.size(); i++) {
                writeChoice(json, i, choices.get(i));
            }
            json.writeEndArray();
            json.writeNullField("service_tier");
            json.writeNullField("system_fingerprint");
            if (head.directive().usage() != UsagePlace.NONE) {
                Counts.writeUsage(json, tally);
            }
            json.writeNullField("kv_transfer_params");
            if (request.timings()) {
                Counts.writeTimings(json, tally);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void writeChoice(JsonGenerator json, int index, Choice choice) throws IOException {
        json.writeStartObject();
        json.writeNumberField("index", index);
        if (request.chat()) {
            writeMessage(json, index, choice);
        } else {
            json.writeStringField("text", choice.content.toString());
        }
        if (request.topLogprobs() < 0) {
            json.writeNullField("logprobs");
        } else if (request.chat()) {
            Logprobs.writeChat(json, choice.contentTokens, request.topLogprobs());
        } else {
            Logprobs.writeText(json, choice.contentTokens, request.topLogprobs(), 0);
        }
        json.writeStringField("finish_reason", choice.finishReason);
        json.writeNullField("stop_reason");
        json.writeEndObject();
    }

    private void writeMessage(JsonGenerator json, int index, Choice choice) throws IOException {
        json.writeObjectFieldStart("message");
        json.writeStringField("role", "assistant");
        boolean onlyCalls = choice.content.isEmpty() && !choice.callNames.isEmpty();
        json.writeStringField("content", onlyCalls ? null : choice.content.toString());
        json.writeNullField("refusal");
        json.writeNullField("annotations");
        json.writeNullField("audio");
        json.writeNullField("function_call");
        json.writeArrayFieldStart("tool_calls");
        for (int call = 0; call < choice.callNames.size(); call++) {
            json.writeStartObject();
            json.writeStringField("id", EventWriter.callId(request, index, call));
            json.writeStringField("type", "function");
            json.writeObjectFieldStart("function");
            json.writeStringField("name", choice.callNames.get(call));
            json.writeStringField("arguments", choice.callArguments.get(call).toString());
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringField(
                "reasoning_content",
                choice.reasoning.isEmpty() ? null : choice.reasoning.toString());
        json.writeEndObject();
    }
}
