package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Random;

/// A request to the embedded engine whose answer has exactly as many tokens as it may have: the
/// tokens that would end it are forbidden.
final class LongAnswer {

    /// End of text and end of turn in SmolLM2's vocabulary.
    private static final int[] ENDS = {0, 2};

    /// Of the template and the beginning of a prompt.
    private static final int TOKENS_AROUND = 45;

    /// Of the made-up words in SmolLM2's vocabulary, as measured.
    private static final double TOKENS_PER_WORD = 2.17;

    private LongAnswer() {}

    static String body(String model, String prompt, int tokens) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", model);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        body.put("max_tokens", tokens);
        body.put("temperature", 0);
        body.put("seed", 7);
        ObjectNode bias = body.putObject("logit_bias");
        for (int end : ENDS) {
            bias.put(String.valueOf(end), -100);
        }
        body.put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        return body.toString();
    }

    /// A new prompt that shares no beginning with any other, so that no cache helps.
    static String prompt(Random random, int words) {
        return "%08x %s".formatted(random.nextInt(), Words.of(random, words));
    }

    /// The same with about so many tokens.
    static String promptOfTokens(Random random, int tokens) {
        return prompt(random, (int) ((tokens - TOKENS_AROUND) / TOKENS_PER_WORD));
    }
}
