package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.api.JsonBody;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.inference.JsonText;
import mooring.inference.Request;
import mooring.inference.Sampling;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes and checks the body of a text completion, the form that came before chats.
final class TextRequestReader {

    private static final int MAX_PROMPTS = 32;

    /// Over all prompts together: what bounds the memory of one request.
    private static final int MAX_ALL_CHOICES = 256;

    private static final int MAX_LOGPROBS = 5;

    /// OpenAI's own default here: a chat has the model's.
    private static final long DEFAULT_MAX_TOKENS = 16;

    private static final Set<String> KNOWN =
            Set.of(
                    "model",
                    "prompt",
                    "suffix",
                    "echo",
                    "best_of",
                    "stream",
                    "stream_options",
                    "max_tokens",
                    "temperature",
                    "top_p",
                    "n",
                    "stop",
                    "seed",
                    "presence_penalty",
                    "frequency_penalty",
                    "logit_bias",
                    "logprobs",
                    "service_tier",
                    "user",
                    "prompt_cache_key");

    private final Catalog catalog;

    TextRequestReader(Catalog catalog) {
        this.catalog = catalog;
    }

    /// @throws ProblemException naming the first field that is wrong
    TextRequest read(Buffer body) {
        JsonNode root = JsonBody.parse(body);
        JsonFields fields = new JsonFields(root, "");
        Model model = ChatRequestReader.model(catalog, fields);
        Sizes sizes = new Sizes();
        List<TextInput> prompts = RawInputs.read(fields, "prompt", MAX_PROMPTS, sizes);
        refuseUnserved(fields);
        int most = Math.min(ChatRequestReader.MAX_CHOICES, MAX_ALL_CHOICES / prompts.size());
        Long choices = fields.whole("n", 1, most);
        long each = choices == null ? 1 : choices;
        Long bestOf = fields.whole("best_of", 1, most);
        if (bestOf != null && bestOf != each) {
            throw refused("best_of", bestOf, "n's value or nothing: every choice is returned");
        }
        Long logprobs = fields.whole("logprobs", 0, MAX_LOGPROBS);
        Sampling sampling =
                ChatRequestReader.sampling(
                        fields, logprobs == null ? null : Integer.valueOf(logprobs.intValue()));
        Long maxTokens = fields.whole("max_tokens", 1, model.maxOutputTokens());
        List<String> echoes = echoes(fields, prompts, sampling);
        List<String> ignored = new ArrayList<>();
        Map<String, JsonText> passthrough =
                ChatRequestReader.passthrough(root, model, KNOWN, ignored);
        Request request =
                Request.raw(
                                model.id(),
                                new Task.Continue(prompts),
                                sampling,
                                maxTokens == null
                                        ? Math.min(DEFAULT_MAX_TOKENS, model.maxOutputTokens())
                                        : maxTokens,
                                Math.toIntExact(each * prompts.size()),
                                ChatRequestReader.tier(fields),
                                passthrough,
                                sizes.bytes())
                        .withCacheKey(ChatRequestReader.cacheKey(fields));
        return new TextRequest(
                request,
                Boolean.TRUE.equals(fields.flag("stream")),
                ChatRequestReader.includeUsage(fields, ignored),
                echoes,
                ignored);
    }

    private static void refuseUnserved(JsonFields fields) {
        String suffix = fields.text("suffix", "a text");
        if (suffix != null && !suffix.isEmpty()) {
            throw refused("suffix", "a text", "none: text is only written on at its end");
        }
    }

    /// An echo is the prompt as it was sent, which costs no engine anything. The log-probabilities
    /// of a prompt no engine here tells.
    private static List<String> echoes(
            JsonFields fields, List<TextInput> prompts, Sampling sampling) {
        if (!Boolean.TRUE.equals(fields.flag("echo"))) {
            return List.of();
        }
        if (sampling.topLogprobs() != null) {
            throw refused("echo", true, "false together with logprobs");
        }
        List<String> echoes = new ArrayList<>(prompts.size());
        for (TextInput prompt : prompts) {
            switch (prompt) {
                case TextInput.Text(String text) -> echoes.add(text);
                case TextInput.Tokens _ ->
                        throw refused("echo", true, "false with a prompt of tokens");
            }
        }
        return echoes;
    }

    private static ProblemException refused(String field, @Nullable Object value, String expected) {
        return new ProblemException(
                Problem.InvalidRequest.of(field, String.valueOf(value), expected));
    }
}
