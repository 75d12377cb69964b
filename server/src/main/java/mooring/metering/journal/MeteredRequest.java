package mooring.metering.journal;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import mooring.inference.Usage;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import org.jspecify.annotations.Nullable;

/// One request's records in the journal.
final class MeteredRequest implements Metered {

    private static final int NOT_CLAIMED = -1;
    private static final int NONE_FREE = -2;

    private final JournalMeter meter;
    private final Acceptance acceptance;
    private final long acceptEnd;
    private int slot = NOT_CLAIMED;
    private @Nullable String ended;

    MeteredRequest(JournalMeter meter, Acceptance acceptance, long acceptEnd) {
        this.meter = meter;
        this.acceptance = acceptance;
        this.acceptEnd = acceptEnd;
    }

    @Override
    public CompletionStage<Void> durable(Executor loop) {
        return meter.durable(acceptEnd, loop);
    }

    @Override
    public void progress(Usage delivered) {
        if (ended != null) {
            throw new IllegalStateException(
                    "%s: progress after it was %s (expected: none)"
                            .formatted(acceptance.id(), ended));
        }
        // Of an answer in one piece nothing is delivered before its end.
        if (!acceptance.streamed() || slot == NONE_FREE) {
            return;
        }
        if (slot == NOT_CLAIMED) {
            int claimed = meter.claim(acceptance);
            if (claimed < 0) {
                slot = NONE_FREE;
                return;
            }
            slot = claimed;
        }
        meter.progress(slot, delivered);
    }

    @Override
    public CompletionStage<Void> settle(UsageRecord record, Executor loop) {
        end(record, "settled");
        return meter.settle(record, slot, loop);
    }

    @Override
    public void release(Release release) {
        end(release, "released");
        meter.release(release, slot);
    }

    private void end(Outcome outcome, String how) {
        if (!outcome.id().equals(acceptance.id())) {
            throw new IllegalArgumentException(
                    "end of %s (expected: of %s)".formatted(outcome.id(), acceptance.id()));
        }
        if (ended != null) {
            throw new IllegalStateException(
                    "%s: %s after it was %s (expected: one end)"
                            .formatted(acceptance.id(), how, ended));
        }
        ended = how;
    }
}
