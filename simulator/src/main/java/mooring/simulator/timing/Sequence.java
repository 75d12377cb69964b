package mooring.simulator.timing;

import org.jspecify.annotations.Nullable;

/// One request as the scheduler sees it: work to compute, then tokens to make.
public interface Sequence {

    /// How a sequence stands after making tokens.
    enum Progress {
        /// Wants the next step.
        RUNNING,
        /// Keeps its slot but makes nothing until it is resumed or removed.
        HOLDING,
        /// Is done; its slot is free.
        ENDED
    }

    /// Takes its slot; gives the prompt tokens that must be computed.
    int admitted();

    /// Makes up to that many more tokens; the first call comes when the prompt is computed.
    Progress produce(int tokens);

    /// A pace of its own, or null for the engine's common steps.
    @Nullable Pace pace();

    /// Tokens it holds in the engine's memory: its prompt and what it made.
    long heldTokens();

    /// Tokens made so far.
    long generatedTokens();
}
