package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import mooring.inference.ContentPart;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Role;
import mooring.inference.Tool;
import mooring.inference.ToolCall;
import mooring.inference.ToolChoice;
import mooring.json.Json;

/// Tools for a model whose template knows none: described in the system message, called and
/// answered in plain text, and forced by a schema of the whole answer where a call is due.
///
/// Where no call is forced, a `response_format` binds everything that the model writes: calls
/// beside it then cannot happen.
final class ToolText {

    static final String CALL = "<tool_call>";
    static final String CALL_END = "</tool_call>";
    private static final String RESPONSE = "<tool_response>";
    private static final String RESPONSE_END = "</tool_response>";

    private ToolText() {}

    static Rendered render(Request request) {
        List<Message> messages = history(request.messages());
        List<Tool> tools = request.tools();
        if (tools.isEmpty()) {
            return rendered(request, messages, request.responseFormat(), new AnswerForm.AsIs());
        }
        return switch (request.toolChoice()) {
            case ToolChoice.None _ ->
                    rendered(request, messages, request.responseFormat(), new AnswerForm.AsIs());
            case ToolChoice.Auto _ ->
                    rendered(
                            request,
                            described(
                                    messages,
                                    tools,
                                    "To call one, answer with nothing but "
                                            + CALL
                                            + "{\"name\": …, \"arguments\": {…}}"
                                            + CALL_END
                                            + ". Otherwise answer in words."),
                            request.responseFormat(),
                            new AnswerForm.PerhapsCalls(
                                    tools.stream().map(Tool::name).collect(Collectors.toSet()),
                                    request.parallelToolCalls()));
            case ToolChoice.Required _ ->
                    rendered(
                            request,
                            described(
                                    messages,
                                    tools,
                                    "Answer with one JSON object only, with name and arguments of"
                                            + " the call."),
                            forced(CallSchema.ofOneCall(tools)),
                            new AnswerForm.OneCall());
            case ToolChoice.Named(String name) -> {
                Tool tool =
                        tools.stream()
                                .filter(one -> one.name().equals(name))
                                .findFirst()
                                .orElseThrow();
                yield rendered(
                        request,
                        described(
                                messages,
                                List.of(tool),
                                "Answer with one JSON object only, the arguments of the call."),
                        forced(CallSchema.ofArguments(tool)),
                        new AnswerForm.ArgumentsOf(name));
            }
        };
    }

    private static ResponseFormat forced(JsonText schema) {
        return new ResponseFormat.JsonSchema("call", null, schema, true);
    }

    private static Rendered rendered(
            Request request, List<Message> messages, ResponseFormat format, AnswerForm form) {
        return new Rendered(
                new Request(
                        request.model(),
                        messages,
                        request.sampling(),
                        request.maxTokens(),
                        request.choices(),
                        List.of(),
                        new ToolChoice.None(),
                        true,
                        format,
                        request.reasoningEffort(),
                        request.tier(),
                        request.passthrough(),
                        request.promptBytes()),
                form);
    }

    /// Adds the tools to the conversation's own system message, or begins with one.
    private static List<Message> described(
            List<Message> messages, List<Tool> tools, String howToCall) {
        StringBuilder text = new StringBuilder("You can call these functions:\n");
        for (Tool tool : tools) {
            text.append(
                            json(
                                    json -> {
                                        json.writeStringField("name", tool.name());
                                        if (tool.description() != null) {
                                            json.writeStringField(
                                                    "description", tool.description());
                                        }
                                        if (tool.parameters() != null) {
                                            json.writeFieldName("parameters");
                                            json.writeRawValue(tool.parameters().text());
                                        }
                                    }))
                    .append('\n');
        }
        text.append(howToCall);
        List<Message> all = new ArrayList<>(messages.size() + 1);
        Message first = messages.isEmpty() ? null : messages.getFirst();
        if (first != null && (first.role() == Role.SYSTEM || first.role() == Role.DEVELOPER)) {
            all.add(Message.of(Role.SYSTEM, first.text() + "\n\n" + text));
            all.addAll(messages.subList(1, messages.size()));
        } else {
            all.add(Message.of(Role.SYSTEM, text.toString()));
            all.addAll(messages);
        }
        return all;
    }

    /// Earlier calls and their results as text; results that follow one another are one turn.
    private static List<Message> history(List<Message> messages) {
        if (messages.stream()
                .allMatch(one -> one.role() != Role.TOOL && one.toolCalls().isEmpty())) {
            return messages;
        }
        List<Message> all = new ArrayList<>(messages.size());
        StringBuilder responses = new StringBuilder();
        for (Message message : messages) {
            if (message.role() == Role.TOOL) {
                responses
                        .append(responses.isEmpty() ? "" : "\n")
                        .append(RESPONSE)
                        .append(message.text())
                        .append(RESPONSE_END);
                continue;
            }
            endResponses(all, responses);
            all.add(message.toolCalls().isEmpty() ? message : withCallsAsText(message));
        }
        endResponses(all, responses);
        return all;
    }

    private static void endResponses(List<Message> all, StringBuilder responses) {
        if (!responses.isEmpty()) {
            all.add(Message.of(Role.USER, responses.toString()));
            responses.setLength(0);
        }
    }

    private static Message withCallsAsText(Message message) {
        StringBuilder text = new StringBuilder(message.text());
        for (ToolCall call : message.toolCalls()) {
            text.append(text.isEmpty() ? "" : "\n")
                    .append(CALL)
                    .append(
                            json(
                                    json -> {
                                        json.writeStringField("name", call.name());
                                        json.writeFieldName("arguments");
                                        writeArguments(json, call.arguments());
                                    }))
                    .append(CALL_END);
        }
        return new Message(
                message.role(),
                List.of(new ContentPart.Text(text.toString())),
                message.name(),
                List.of(),
                null,
                message.reasoning());
    }

    /// As JSON where it is an object, as a text where a model or a caller wrote something else.
    private static void writeArguments(JsonGenerator json, String arguments) throws IOException {
        boolean object;
        try {
            JsonNode node = Json.MAPPER.readTree(arguments);
            object = node.isObject();
        } catch (JsonProcessingException _) {
            object = false;
        }
        if (object) {
            json.writeRawValue(arguments);
        } else {
            json.writeString(arguments);
        }
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private static String json(Fields fields) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = Json.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }
}
