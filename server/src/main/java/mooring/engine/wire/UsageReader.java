package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.inference.Usage;

/// Reads a `usage` object in any of its spellings into disjoint classes.
///
/// `prompt_tokens` includes the cached ones here (OpenAI, vLLM, SGLang, llama.cpp, Moonshot);
/// cached tokens stand in `prompt_tokens_details.cached_tokens`, at the top, or as DeepSeek's
/// `prompt_cache_hit_tokens`. An explicit zero is a count; an absent object is none, and neither is
/// one that leaves out prompt or output, or says null: it would make a delivered answer free.
final class UsageReader {

    private boolean promptSaid;
    private boolean outputSaid;

    /// No window is nearly as long; more is an engine's mistake, and no bill may be reckoned from
    /// it.
    static final long MOST_TOKENS = 1_000_000_000;

    private long prompt;
    private long cached;
    private long output;
    private long reasoning;

    boolean present() {
        return promptSaid && outputSaid;
    }

    Usage usage() {
        if (cached > prompt || reasoning > output) {
            throw new EngineException(
                    new EngineFailure.Broken(
                            "usage with cached "
                                    + cached
                                    + " of prompt "
                                    + prompt
                                    + ", reasoning "
                                    + reasoning
                                    + " of output "
                                    + output));
        }
        return Usage.ofPrompt(prompt, cached, output, reasoning);
    }

    void read(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "prompt_tokens" -> {
                    promptSaid = parser.currentToken() != JsonToken.VALUE_NULL;
                    prompt = count(parser);
                }
                case "completion_tokens" -> {
                    outputSaid = parser.currentToken() != JsonToken.VALUE_NULL;
                    output = count(parser);
                }
                case "cached_tokens", "prompt_cache_hit_tokens" ->
                        cached = Math.max(cached, count(parser));
                case "prompt_tokens_details" ->
                        cached = Math.max(cached, detail(parser, "cached_tokens"));
                case "completion_tokens_details" -> reasoning = detail(parser, "reasoning_tokens");
                default -> parser.skipChildren();
            }
        }
    }

    private static long detail(JsonParser parser, String name) throws IOException {
        long found = 0;
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                if (field.equals(name)) {
                    found = count(parser);
                } else {
                    parser.skipChildren();
                }
            }
        }
        return found;
    }

    private static long count(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return 0;
        }
        long count = parser.getLongValue();
        if (count < 0 || count > MOST_TOKENS) {
            throw new EngineException(
                    new EngineFailure.Broken("usage with " + parser.currentName() + " " + count));
        }
        return count;
    }
}
