package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// Turns one chunk of an OpenAI-compatible stream into events, in one pass over its bytes.
///
/// Usage is taken wherever it stands: beside `choices`, beside a last content, or inside the
/// choice, as Moonshot puts it. Fields that nobody here knows travel along as [Extras].
public final class ChunkReader {

    /// Chunk fields that are the gateway's own to write, or were only asked for by us.
    private static final Set<String> DROPPED_CHUNK_FIELDS =
            Set.of("id", "object", "created", "model", "service_tier");

    private final Consumer<StreamEvent> events;
    private final Consumer<EngineTimings> timings;

    /// @param timings hears llama.cpp's `timings` or `prompt_progress`, ahead of the chunk's events
    public ChunkReader(Consumer<StreamEvent> events, Consumer<EngineTimings> timings) {
        this.events = events;
        this.timings = timings;
    }

    public ChunkReader(Consumer<StreamEvent> events) {
        this(events, _ -> {});
    }

    /// @param bytes the chunk from `from` on
    /// @throws EngineException when the bytes are no chunk, or carry the engine's error
    public void read(byte[] bytes, int from, int length) {
        List<ChoiceReader> choices = List.of();
        Map<String, JsonText> extras = Map.of();
        UsageReader usage = new UsageReader();
        EngineTimings counted = null;
        EngineTimings progress = null;
        try (JsonParser parser = Json.ENGINE_FACTORY.createParser(bytes, from, length)) {
            expect(parser.nextToken(), JsonToken.START_OBJECT);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "choices" -> choices = choices(parser, usage);
                    case "usage" -> usage.read(parser);
                    case "timings" -> counted = EngineTimings.read(parser);
                    case "prompt_progress" -> progress = EngineTimings.readProgress(parser);
                    case "error" -> {
                        if (value != JsonToken.VALUE_NULL) {
                            throw new EngineException(EngineErrors.inStream(raw(parser).text()));
                        }
                    }
                    default -> {
                        if (DROPPED_CHUNK_FIELDS.contains(field)) {
                            parser.skipChildren();
                        } else {
                            extras = with(extras, field, raw(parser));
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw failed("a chunk that is no JSON: " + e.getMessage());
        }
        EngineTimings known = progress == null ? counted : progress;
        if (known != null) {
            timings.accept(known);
        }
        for (ChoiceReader choice : choices) {
            choice.emit(extras);
            extras = Map.of();
        }
        if (usage.present()) {
            events.accept(new StreamEvent.UsageReported(usage.usage()));
        }
    }

    private List<ChoiceReader> choices(JsonParser parser, UsageReader usage) throws IOException {
        List<ChoiceReader> choices = new ArrayList<>(1);
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                expect(parser.currentToken(), JsonToken.START_OBJECT);
                ChoiceReader choice = new ChoiceReader();
                choice.read(parser, usage);
                choices.add(choice);
            }
        }
        return choices;
    }

    /// One choice of one chunk, while it is read.
    private final class ChoiceReader {

        private int index;
        private @Nullable String text;
        private @Nullable String reasoning;
        private @Nullable String refusal;
        private List<ToolCallDelta> toolCalls = List.of();
        private @Nullable JsonText logprobs;
        private @Nullable FinishReason finish;
        private Map<String, JsonText> choiceExtras = Map.of();
        private Map<String, JsonText> deltaExtras = Map.of();

        void read(JsonParser parser, UsageReader usage) throws IOException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "index" -> index = parser.getIntValue();
                    case "delta", "message" -> readDelta(parser);
                    // Where a text completion has its piece.
                    case "text" -> text = textOrNull(parser);
                    case "finish_reason" -> {
                        if (value != JsonToken.VALUE_NULL) {
                            finish = finishReason(parser.getText());
                        }
                    }
                    case "logprobs" -> {
                        if (value != JsonToken.VALUE_NULL) {
                            logprobs = raw(parser);
                        }
                    }
                    case "usage" -> usage.read(parser);
                    default -> choiceExtras = with(choiceExtras, field, raw(parser));
                }
            }
        }

        private void readDelta(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                return;
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "role" -> {}
                    case "content" -> text = textOrNull(parser);
                    case "reasoning_content", "reasoning" -> {
                        String piece = textOrNull(parser);
                        reasoning = piece == null ? reasoning : piece;
                    }
                    case "refusal" -> refusal = textOrNull(parser);
                    case "tool_calls" -> {
                        if (value == JsonToken.START_ARRAY) {
                            toolCalls = readToolCalls(parser);
                        }
                    }
                    default -> deltaExtras = with(deltaExtras, field, raw(parser));
                }
            }
        }

        void emit(Map<String, JsonText> chunkExtras) {
            boolean finished = finish != null;
            Extras extras =
                    chunkExtras.isEmpty() && choiceExtras.isEmpty() && deltaExtras.isEmpty()
                            ? Extras.NONE
                            : new Extras(chunkExtras, choiceExtras, deltaExtras);
            StreamEvent.Delta delta =
                    new StreamEvent.Delta(
                            index, text, reasoning, refusal, toolCalls, logprobs, extras);
            if (delta.content() || logprobs != null || (!extras.empty() && !finished)) {
                events.accept(delta);
                extras = Extras.NONE;
            }
            if (finish != null) {
                events.accept(new StreamEvent.Finished(index, finish, extras));
            }
        }
    }

    private static List<ToolCallDelta> readToolCalls(JsonParser parser) throws IOException {
        List<ToolCallDelta> calls = new ArrayList<>(1);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.START_OBJECT);
            int index = calls.size();
            String id = null;
            String name = null;
            String arguments = "";
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (field) {
                    case "index" -> index = parser.getIntValue();
                    case "id" -> id = textOrNull(parser);
                    case "function" -> {
                        if (value != JsonToken.START_OBJECT) {
                            break;
                        }
                        while (parser.nextToken() != JsonToken.END_OBJECT) {
                            String part = parser.currentName();
                            parser.nextToken();
                            switch (part) {
                                case "name" -> name = textOrNull(parser);
                                case "arguments" -> {
                                    String piece = textOrNull(parser);
                                    arguments = piece == null ? "" : piece;
                                }
                                default -> parser.skipChildren();
                            }
                        }
                    }
                    default -> parser.skipChildren();
                }
            }
            calls.add(new ToolCallDelta(index, id, name, arguments));
        }
        return calls;
    }

    private static FinishReason finishReason(String text) {
        return switch (text) {
            case "stop", "eos", "eos_token" -> FinishReason.STOP;
            case "length", "max_tokens" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            default -> throw failed("the engine ended a choice with \"" + text + "\"");
        };
    }

    private static @Nullable String textOrNull(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> {
                String text = parser.getText();
                yield text.isEmpty() ? null : text;
            }
            case VALUE_NULL -> null;
            default -> throw failed("a text that is " + parser.currentToken());
        };
    }

    /// Copies the value at the parser as it stands, whatever it is.
    static JsonText raw(JsonParser parser) throws IOException {
        StringWriter out = new StringWriter();
        try (JsonGenerator generator = Json.FACTORY.createGenerator(out)) {
            generator.copyCurrentStructure(parser);
        }
        return new JsonText(out.toString());
    }

    private static Map<String, JsonText> with(
            Map<String, JsonText> map, String field, JsonText value) {
        Map<String, JsonText> grown = map.isEmpty() ? new HashMap<>(4) : map;
        grown.put(field, value);
        return grown;
    }

    private static void expect(@Nullable JsonToken found, JsonToken expected) {
        if (found != expected) {
            throw failed("a chunk with " + found + " (expected: " + expected + ")");
        }
    }

    private static EngineException failed(String message) {
        return new EngineException(new EngineFailure.Broken(message));
    }
}
