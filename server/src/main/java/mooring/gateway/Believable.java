package mooring.gateway;

import mooring.admission.Admitted;
import mooring.inference.Usage;

/// How many tokens a request can have at most, by its model's window and by what it was granted: no
/// engine's count beyond that is billed.
///
/// @param prompt over all prompts
/// @param output over all choices
record Believable(long prompt, long output) {

    /// Beyond the grant engines may count what ends an answer or opens its reasoning: one part in
    /// so many, and some tokens for each request.
    private static final long SLACK_PARTS = 16;

    private static final long SLACK_TOKENS = 64;

    static Believable of(Admitted admitted) {
        long prompts = Math.max(1, admitted.request().task().inputs().size());
        return new Believable(
                Math.multiplyExact(prompts, (long) admitted.model().contextLength()),
                Math.multiplyExact(admitted.request().choices(), admitted.maxTokens()));
    }

    /// The count itself, or as much of it as can be true.
    Usage of(Usage counted) {
        boolean longPrompt = counted.prompt() > prompt + slack(prompt);
        boolean longOutput = counted.output() > output + slack(output);
        if (!longPrompt && !longOutput) {
            return counted;
        }
        long input = longPrompt ? prompt : counted.prompt();
        long written = longOutput ? output : counted.output();
        return Usage.ofPrompt(
                input,
                Math.min(counted.cacheRead(), input),
                written,
                Math.min(counted.reasoning(), written));
    }

    private static long slack(long tokens) {
        return tokens / SLACK_PARTS + SLACK_TOKENS;
    }
}
