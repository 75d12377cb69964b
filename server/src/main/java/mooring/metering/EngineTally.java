package mooring.metering;

import java.util.HashMap;
import java.util.Map;
import mooring.inference.Usage;

/// What each replica says it computed, against what was settled for it: a leak between engine and
/// ledger shows here, whoever made it.
///
/// It compares from one start of an engine to the next, and only what lies after its first reading
/// of that life. A reading counts while nothing runs on the replica, or with a tolerance that
/// covers what does. Thread-safe.
public final class EngineTally {

    /// An engine's own counters as it was read.
    ///
    /// @param life changes with each start of the engine, for instance its start time; counters
    ///   that fall begin a new life too
    /// @param promptTokens of all prompts since its start, cached ones included
    /// @param generatedTokens since its start
    public record Counters(String life, long promptTokens, long generatedTokens) {

        public Counters {
            if (promptTokens < 0 || generatedTokens < 0) {
                throw new IllegalArgumentException(
                        "prompt %d, generated %d tokens (expected: 0 or more)"
                                .formatted(promptTokens, generatedTokens));
            }
        }
    }

    /// One kind of token, since the first reading of this life.
    ///
    /// @param tolerance tokens of attempts of which the engine never told the final usage, at most
    public record Tokens(long engine, long settled, long tolerance) {

        /// What the engine computed beyond what was settled; below zero when more was settled.
        public long difference() {
            return engine - settled;
        }

        /// The engine may have computed up to `tolerance` more, and never less.
        public boolean explained() {
            return difference() >= 0 && difference() <= tolerance;
        }
    }

    /// @param attemptsWithoutUsage how many the tolerance stands for
    public record Comparison(
            String replica,
            String life,
            Tokens prompt,
            Tokens generated,
            long attemptsWithoutUsage) {

        public boolean explained() {
            return prompt.explained() && generated.explained();
        }
    }

    /// One life of one replica.
    private static final class Life {
        final Counters first;
        Counters last;
        long prompt;
        long generated;
        long promptTolerance;
        long generatedTolerance;
        long withoutUsage;

        Life(Counters first) {
            this.first = first;
            this.last = first;
        }

        boolean goesOn(Counters counters) {
            return first.life().equals(counters.life())
                    && counters.promptTokens() >= last.promptTokens()
                    && counters.generatedTokens() >= last.generatedTokens();
        }
    }

    private final Map<String, Life> lives = new HashMap<>();

    /// A request was settled by the final usage that the replica told.
    public synchronized void settled(String replica, Usage usage) {
        Life life = lives.get(replica);
        if (life != null) {
            life.prompt = Math.addExact(life.prompt, usage.prompt());
            life.generated = Math.addExact(life.generated, usage.output());
        }
    }

    /// An attempt ended without the replica's final usage: failed, cancelled, or cut off.
    ///
    /// @param billed what was settled for it by our own count; nothing when it was not charged
    /// @param atMost what the replica can have computed for it
    public synchronized void withoutUsage(String replica, Usage billed, Usage atMost) {
        if (billed.prompt() > atMost.prompt() || billed.output() > atMost.output()) {
            throw new IllegalArgumentException(
                    "billed %s (expected: at most %s)".formatted(billed, atMost));
        }
        Life life = lives.get(replica);
        if (life != null) {
            // The engine may have computed nothing of it: what was billed is not counted as
            // settled, and all of it lies within the tolerance.
            life.promptTolerance = Math.addExact(life.promptTolerance, atMost.prompt());
            life.generatedTolerance = Math.addExact(life.generatedTolerance, atMost.output());
            life.withoutUsage++;
        }
    }

    /// Compares with what the replica says now. The first reading of a life is equal by definition.
    public synchronized Comparison compare(String replica, Counters counters) {
        Life life = lives.get(replica);
        if (life == null || !life.goesOn(counters)) {
            life = new Life(counters);
            lives.put(replica, life);
        }
        life.last = counters;
        return new Comparison(
                replica,
                counters.life(),
                new Tokens(
                        counters.promptTokens() - life.first.promptTokens(),
                        life.prompt,
                        life.promptTolerance),
                new Tokens(
                        counters.generatedTokens() - life.first.generatedTokens(),
                        life.generated,
                        life.generatedTolerance),
                life.withoutUsage);
    }

    /// A replica that is gone is remembered no longer.
    public synchronized void forget(String replica) {
        lives.remove(replica);
    }
}
