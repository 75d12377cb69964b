package mooring.bench;

import org.jspecify.annotations.Nullable;

/// What a right answer of the stub engine has, however it came: text, counts, an id, its end.
final class AnswerCheck {

    private static final byte[] ID = AnswerScan.bytes("\"id\":\"chatcmpl-");
    private static final byte[] PIECE = AnswerScan.bytes("token ");
    private static final byte[] STOP = AnswerScan.bytes("\"finish_reason\":\"stop\"");
    private static final byte[] DONE = AnswerScan.bytes("data: [DONE]");
    private static final byte[] PROMPT =
            AnswerScan.bytes("\"prompt_tokens\":" + StubEngine.PROMPT_TOKENS + ",");

    private final byte[] completion;
    private final int tokens;
    private final boolean streamed;

    private AnswerCheck(int tokens, boolean streamed) {
        this.tokens = tokens;
        this.streamed = streamed;
        this.completion = AnswerScan.bytes("\"completion_tokens\":" + tokens + ",");
    }

    static AnswerCheck whole() {
        return new AnswerCheck(StubEngine.WHOLE_TOKENS, false);
    }

    static AnswerCheck stream(int tokens) {
        return new AnswerCheck(tokens, true);
    }

    /// @return what is wrong with it, or null
    @Nullable String wrong(AnswerScan answer) {
        boolean right =
                answer.status() == 200
                        && answer.count(ID) >= 1
                        && answer.count(PIECE) == tokens
                        && answer.count(STOP) == 1
                        && answer.count(PROMPT) >= 1
                        && answer.count(completion) >= 1
                        && (answer.count(DONE) == 1) == streamed;
        return right ? null : answer.text();
    }
}
