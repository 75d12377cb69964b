package mooring.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// One question to a model, its answer as it comes, and what it cost.
@Command(
        name = "chat",
        description = {
            "Ask a model. The answer appears as it comes, then its tokens, cost and balance.",
            "Ctrl-C stops the answer; what came until then is paid."
        })
final class ChatCommand extends ApiCommand {
    private static final String PATH = "/v1/chat/completions";
    private static final int MAX_PROMPT_BYTES = 32 << 20;

    /// A whole answer without a stream may take as long as the longest generation.
    private static final Duration WHOLE_ANSWER_DEADLINE = Duration.ofHours(2);

    @Parameters(
            arity = "0..1",
            paramLabel = "PROMPT",
            description = "The question; - or nothing reads it from standard input.")
    private @Nullable String prompt;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "The model to ask (default: the first that the server lists).")
    private @Nullable String model;

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description = "Instructions to the model, before the question.")
    private @Nullable String system;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "The most tokens to answer with (default: the model's).")
    private @Nullable Long maxTokens;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "How freely to choose words, 0 to 2 (default: the model's).")
    private @Nullable BigDecimal temperature;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Makes the choice of words repeatable, where the engine can.")
    private @Nullable Long seed;

    ChatCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() throws IOException {
        String question = question();
        Api api = models();
        ObjectNode request = request(model != null ? model : firstModel(api), question);
        if (json) {
            ObjectNode answer = api.post(PATH, request, WHOLE_ANSWER_DEADLINE);
            show(answer, _ -> {});
            return Commands.DONE;
        }
        request.put("stream", true);
        request.putObject("stream_options").put("include_usage", true);
        try (EventStream events = api.stream(PATH, request)) {
            new Answer(surroundings.out(), surroundings.outputIsTerminal().getAsBoolean())
                    .follow(events, api);
        }
        return Commands.DONE;
    }

    private String question() throws IOException {
        if (prompt != null && !prompt.equals("-")) {
            return notEmpty(prompt);
        }
        if (prompt == null && surroundings.inputIsTerminal().getAsBoolean()) {
            throw new MisuseException("Missing PROMPT: put the question in quotes, or pipe it in.");
        }
        byte[] bytes = surroundings.in().readNBytes(MAX_PROMPT_BYTES + 1);
        if (bytes.length > MAX_PROMPT_BYTES) {
            throw new Refusal(
                    "The prompt on standard input is over "
                            + (MAX_PROMPT_BYTES >> 20)
                            + " MiB: send less.");
        }
        return notEmpty(new String(bytes, StandardCharsets.UTF_8));
    }

    private static String notEmpty(String text) {
        if (text.isBlank()) {
            throw new MisuseException("PROMPT is empty (expected: a question).");
        }
        return text;
    }

    private static String firstModel(Api api) {
        String first = api.get("/v1/models").path("data").path(0).path("id").asText();
        if (first.isEmpty()) {
            throw new Refusal(
                    "The server lists no model: name one in its catalog.yaml, then restart it.");
        }
        return first;
    }

    private ObjectNode request(String model, String question) {
        ObjectNode request = Json.object().put("model", model);
        ArrayNode messages = request.putArray("messages");
        if (system != null) {
            messages.addObject().put("role", "system").put("content", system);
        }
        messages.addObject().put("role", "user").put("content", question);
        if (maxTokens != null) {
            request.put("max_tokens", maxTokens);
        }
        if (temperature != null) {
            request.put("temperature", temperature);
        }
        if (seed != null) {
            request.put("seed", seed);
        }
        return request;
    }
}
