package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import mooring.inference.ContentPart;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.QuotedText;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.inference.Tool;
import mooring.inference.ToolCall;
import mooring.inference.ToolChoice;
import mooring.json.Json;
import mooring.json.LongTexts;
import org.jspecify.annotations.Nullable;

/// Writes a request as the body of a completion, of a chat or of raw texts, always streamed.
///
/// What the caller may not decide comes last: the output limit, the number of choices, usage in the
/// stream, and whatever the adapter adds.
public final class ChatBody {

    /// The fields that an adapter decides: cache scope, slot, usage options.
    @FunctionalInterface
    public interface EngineFields {
        void write(JsonGenerator json) throws IOException;
    }

    private static final int INITIAL_BYTES = 1024;
    private static final long MOST_EXPECTED_BYTES = 64L * 1024 * 1024;

    private ChatBody() {}

    /// @param model the model's name on that engine
    /// @param developerRole whether the engine knows the role `developer`; else it becomes `system`
    public static Buffer write(
            Request request,
            String model,
            long maxTokens,
            boolean developerRole,
            EngineFields engineFields) {
        return json(
                expectedBytes(request),
                json -> {
                    json.writeStringField("model", model);
                    if (request.task() instanceof Task.Continue(List<TextInput> prompts)) {
                        RawInput.write(json, "prompt", prompts);
                        writeSampling(json, request.sampling());
                        if (request.sampling().topLogprobs() != null) {
                            json.writeNumberField("logprobs", request.sampling().topLogprobs());
                        }
                    } else {
                        writeChat(json, request, developerRole);
                    }
                    for (Map.Entry<String, JsonText> field : request.passthrough().entrySet()) {
                        if (!ReservedFields.contains(field.getKey())) {
                            json.writeFieldName(field.getKey());
                            json.writeRawValue(field.getValue().text());
                        }
                    }
                    if (request.choicesEach() > 1) {
                        json.writeNumberField("n", request.choicesEach());
                    }
                    json.writeNumberField("max_tokens", maxTokens);
                    json.writeBooleanField("stream", true);
                    engineFields.write(json);
                });
    }

    /// Its texts, and what escapes and fields add to them.
    private static int expectedBytes(Request request) {
        long texts = Math.min(request.promptBytes(), MOST_EXPECTED_BYTES);
        return (int) (INITIAL_BYTES + texts + texts / 16);
    }

    private static void writeChat(JsonGenerator json, Request request, boolean developerRole)
            throws IOException {
        json.writeFieldName("messages");
        writeMessages(json, request, developerRole);
        writeSampling(json, request.sampling());
        if (request.sampling().topLogprobs() != null) {
            json.writeBooleanField("logprobs", true);
            json.writeNumberField("top_logprobs", request.sampling().topLogprobs());
        }
        writeTools(json, request);
        writeResponseFormat(json, request.responseFormat());
        if (request.reasoningEffort() != null) {
            json.writeStringField("reasoning_effort", request.reasoningEffort());
        }
    }

    /// Where an engine takes the body.
    public static String path(Request request) {
        return request.task() instanceof Task.Continue ? "/v1/completions" : "/v1/chat/completions";
    }

    /// An object written straight into a buffer.
    public static Buffer json(EngineFields fields) {
        return json(INITIAL_BYTES, fields);
    }

    /// @param bytes about how many it will be, so that a large one is not copied as it grows
    private static Buffer json(int bytes, EngineFields fields) {
        ByteBufOutputStream out = new ByteBufOutputStream(Unpooled.buffer(bytes));
        try (JsonGenerator json = Json.FACTORY.createGenerator((OutputStream) out)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BufferInternal.buffer(out.buffer());
    }

    /// The messages as an array, as templates and tokenizers take them too.
    public static void writeMessages(JsonGenerator json, Request request, boolean developerRole)
            throws IOException {
        json.writeStartArray();
        for (Message message : request.messages()) {
            writeMessage(json, message, developerRole);
        }
        json.writeEndArray();
    }

    private static void writeMessage(JsonGenerator json, Message message, boolean developerRole)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("role", role(message.role(), developerRole));
        writeContent(json, message);
        if (message.name() != null) {
            json.writeStringField("name", message.name());
        }
        if (message.reasoning() != null) {
            // Engines read one name or the other; the one they do not know they drop.
            json.writeStringField("reasoning_content", message.reasoning());
            json.writeStringField("reasoning", message.reasoning());
        }
        if (!message.toolCalls().isEmpty()) {
            json.writeArrayFieldStart("tool_calls");
            for (ToolCall call : message.toolCalls()) {
                json.writeStartObject();
                json.writeStringField("id", call.id());
                json.writeStringField("type", "function");
                json.writeObjectFieldStart("function");
                json.writeStringField("name", call.name());
                json.writeStringField("arguments", call.arguments());
                json.writeEndObject();
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        if (message.partial()) {
            // Moonshot's own name for it; engines that have another take that from the adapter.
            json.writeBooleanField("partial", true);
        }
        if (message.toolCallId() != null) {
            json.writeStringField("tool_call_id", message.toolCallId());
        }
        json.writeEndObject();
    }

    private static void writeContent(JsonGenerator json, Message message) throws IOException {
        if (message.content().isEmpty()) {
            json.writeNullField("content");
        } else if (message.content().size() == 1
                && message.content().getFirst() instanceof ContentPart.Words words) {
            json.writeFieldName("content");
            writeText(json, words);
        } else {
            json.writeArrayFieldStart("content");
            for (ContentPart part : message.content()) {
                switch (part) {
                    case ContentPart.Words words -> {
                        json.writeStartObject();
                        json.writeStringField("type", "text");
                        json.writeFieldName("text");
                        writeText(json, words);
                        json.writeEndObject();
                    }
                    case ContentPart.Image image -> writeImage(json, image);
                    case ContentPart.RemoteImage(String field, _, _) ->
                            throw new IllegalStateException(
                                    field + ": an image that was not fetched");
                }
            }
            json.writeEndArray();
        }
    }

    private static void writeText(JsonGenerator json, ContentPart.Words words) throws IOException {
        switch (words) {
            case ContentPart.Text(String text) -> LongTexts.write(json, text);
            case ContentPart.LongText(QuotedText quoted, _, _) ->
                    quoted.to(
                            (bytes, from, length) ->
                                    LongTexts.writeQuoted(json, bytes, from, length));
        }
    }

    private static void writeImage(JsonGenerator json, ContentPart.Image image) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "image_url");
        json.writeObjectFieldStart("image_url");
        json.writeStringField("url", image.dataUrl());
        if (image.detail() != null) {
            json.writeStringField("detail", image.detail());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static String role(Role role, boolean developerRole) {
        return switch (role) {
            case SYSTEM -> "system";
            case DEVELOPER -> developerRole ? "developer" : "system";
            case USER -> "user";
            case ASSISTANT -> "assistant";
            case TOOL -> "tool";
        };
    }

    private static void writeSampling(JsonGenerator json, Sampling sampling) throws IOException {
        writeNumber(json, "temperature", sampling.temperature());
        writeNumber(json, "top_p", sampling.topP());
        writeNumber(json, "presence_penalty", sampling.presencePenalty());
        writeNumber(json, "frequency_penalty", sampling.frequencyPenalty());
        if (sampling.seed() != null) {
            json.writeNumberField("seed", sampling.seed());
        }
        if (sampling.logitBias() != null) {
            json.writeFieldName("logit_bias");
            json.writeRawValue(sampling.logitBias().text());
        }
        if (!sampling.stop().isEmpty()) {
            json.writeArrayFieldStart("stop");
            for (String stop : sampling.stop()) {
                json.writeString(stop);
            }
            json.writeEndArray();
        }
    }

    private static void writeNumber(JsonGenerator json, String field, @Nullable Double value)
            throws IOException {
        if (value != null) {
            json.writeNumberField(field, value);
        }
    }

    /// Tools and the choice among them; nothing when there are none.
    public static void writeTools(JsonGenerator json, Request request) throws IOException {
        if (request.tools().isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("tools");
        for (Tool tool : request.tools()) {
            json.writeStartObject();
            json.writeStringField("type", "function");
            json.writeObjectFieldStart("function");
            json.writeStringField("name", tool.name());
            if (tool.description() != null) {
                json.writeStringField("description", tool.description());
            }
            if (tool.parameters() != null) {
                json.writeFieldName("parameters");
                json.writeRawValue(tool.parameters().text());
            }
            if (tool.strict() != null) {
                json.writeBooleanField("strict", tool.strict());
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeFieldName("tool_choice");
        switch (request.toolChoice()) {
            case ToolChoice.Auto _ -> json.writeString("auto");
            case ToolChoice.None _ -> json.writeString("none");
            case ToolChoice.Required _ -> json.writeString("required");
            case ToolChoice.Named(String tool) -> {
                json.writeStartObject();
                json.writeStringField("type", "function");
                json.writeObjectFieldStart("function");
                json.writeStringField("name", tool);
                json.writeEndObject();
                json.writeEndObject();
            }
        }
        if (!request.parallelToolCalls()) {
            json.writeBooleanField("parallel_tool_calls", false);
        }
    }

    private static void writeResponseFormat(JsonGenerator json, ResponseFormat format)
            throws IOException {
        switch (format) {
            case ResponseFormat.Text _ -> {}
            case ResponseFormat.JsonObject _ -> {
                json.writeObjectFieldStart("response_format");
                json.writeStringField("type", "json_object");
                json.writeEndObject();
            }
            case ResponseFormat.JsonSchema schema -> {
                json.writeObjectFieldStart("response_format");
                json.writeStringField("type", "json_schema");
                json.writeObjectFieldStart("json_schema");
                json.writeStringField("name", schema.name());
                if (schema.description() != null) {
                    json.writeStringField("description", schema.description());
                }
                if (schema.strict() != null) {
                    json.writeBooleanField("strict", schema.strict());
                }
                json.writeFieldName("schema");
                json.writeRawValue(schema.schema().text());
                json.writeEndObject();
                json.writeEndObject();
            }
        }
    }
}
