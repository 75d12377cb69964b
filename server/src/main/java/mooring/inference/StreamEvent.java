package mooring.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an engine says while it answers, in its order.
///
/// A stream is any number of these and then exactly one [Ended], or a failure in its place. Every
/// choice has one [Finished]; an end without it is no end.
public sealed interface StreamEvent {

    /// New content of one choice.
    ///
    /// @param logprobs the engine's log-probabilities of this piece, as OpenAI writes them
    /// @param extras fields that are not ours to know
    record Delta(
            int choice,
            @Nullable String text,
            @Nullable String reasoning,
            @Nullable String refusal,
            List<ToolCallDelta> toolCalls,
            @Nullable JsonText logprobs,
            Extras extras)
            implements StreamEvent {

        public static Delta text(int choice, String text) {
            return new Delta(choice, text, null, null, List.of(), null, Extras.NONE);
        }

        /// Whether it carries something that the caller would call an answer.
        public boolean content() {
            return text != null || reasoning != null || refusal != null || !toolCalls.isEmpty();
        }

        /// Whether it is text and nothing else, as most are.
        public boolean textAlone() {
            return text != null
                    && reasoning == null
                    && refusal == null
                    && toolCalls.isEmpty()
                    && logprobs == null
                    && extras.empty();
        }
    }

    /// One choice is complete.
    record Finished(int choice, FinishReason reason, Extras extras) implements StreamEvent {}

    /// The engine's count so far; the last one before the end is final.
    record UsageReported(Usage usage) implements StreamEvent {}

    /// The engine said all it had to say.
    record Ended() implements StreamEvent {}
}
