package mooring.metering.journal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import mooring.inference.Usage;
import mooring.journal.Journal;
import mooring.journal.JournalException;
import mooring.journal.ProgressTable;
import mooring.metering.Acceptance;
import mooring.metering.Meter;
import mooring.metering.MeterException;
import mooring.metering.Metered;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is used, written to this node's journal.
///
/// Room for the end of every open request is kept free: when the disk is full, new requests are
/// refused before running ones cannot be billed.
public final class JournalMeter implements Meter {
    private static final Logger LOG = LoggerFactory.getLogger(JournalMeter.class);

    /// What the end of a request may take in the journal. A usual one takes a fifth of it.
    private static final long ROOM_FOR_AN_END = 1024;

    private final Journal journal;
    private final ProgressTable progress;
    private final OutcomeCodec codec = new OutcomeCodec();
    private final SyncWaiters waiters;
    private final LongAdder opened = new LongAdder();
    private final LongAdder settled = new LongAdder();
    private final LongAdder released = new LongAdder();
    private final LongAdder unwritten = new LongAdder();
    private final LongAdder withoutProgress = new LongAdder();

    public JournalMeter(Journal journal, ProgressTable progress) {
        this.journal = journal;
        this.progress = progress;
        this.waiters = new SyncWaiters(journal.synced());
        journal.onSynced(waiters::synced);
        journal.onFailed(e -> waiters.failed(cannot("synced", e)));
        // It may have failed before anybody listened.
        journal.failure().ifPresent(e -> waiters.failed(cannot("synced", e)));
    }

    /// What was written down since the start.
    ///
    /// @param unwritten ends that the journal did not take; the next start finds how far they came
    /// @param withoutProgress streams for whose progress there was no place
    /// @param waiting waits for the next sync
    public record Counts(
            long opened,
            long settled,
            long released,
            long unwritten,
            long withoutProgress,
            int waiting) {

        /// Admitted, and not yet ended.
        public long open() {
            return opened - settled - released - unwritten;
        }

        /// Ends that are to be booked.
        public long outcomes() {
            return settled + released;
        }
    }

    @Override
    public Metered open(Acceptance acceptance) {
        long end;
        try {
            requireRoom();
            end = journal.append(codec.encode(acceptance));
        } catch (JournalException e) {
            throw cannot("written", e);
        }
        opened.increment();
        return new MeteredRequest(this, acceptance, end);
    }

    @Override
    public boolean writable() {
        return journal.failure().isEmpty() && roomForMore();
    }

    public Counts counts() {
        return new Counts(
                opened.sum(),
                settled.sum(),
                released.sum(),
                unwritten.sum(),
                withoutProgress.sum(),
                waiters.size());
    }

    CompletionStage<Void> durable(long end, Executor loop) {
        return waiters.await(end, loop, null);
    }

    /// The slot is freed only when the record is on the disk: after a power cut it may be all that
    /// is left.
    CompletionStage<Void> settle(UsageRecord record, int slot, Executor loop) {
        long end;
        try {
            end = append(record);
        } catch (JournalException e) {
            unwritten.increment();
            return CompletableFuture.failedFuture(cannot("written", e));
        }
        settled.increment();
        return waiters.await(end, loop, slot < 0 ? null : () -> progress.free(slot));
    }

    /// The slot goes first: between the two nothing would be billed, as it should be.
    void release(Release release, int slot) {
        if (slot >= 0) {
            progress.free(slot);
        }
        try {
            append(release);
            released.increment();
        } catch (JournalException e) {
            unwritten.increment();
            // The next start releases it, as it finds no progress.
            LOG.warn("{}: release not written: {}", release.id(), e.getMessage());
        }
    }

    /// @return the slot, negative when there is none
    int claim(Acceptance acceptance) {
        try {
            return progress.claim(acceptance.id().uuid());
        } catch (JournalException e) {
            withoutProgress.increment();
            LOG.error("{}: progress not written: {}", acceptance.id(), e.getMessage());
            return -1;
        }
    }

    void progress(int slot, Usage usage) {
        progress.write(
                slot,
                usage.inputUncached(),
                usage.cacheRead(),
                usage.cacheWrite5m(),
                usage.cacheWrite1h(),
                usage.output(),
                usage.reasoning());
    }

    private long append(Outcome outcome) {
        return journal.append(codec.encode(outcome));
    }

    private void requireRoom() {
        if (!roomForMore()) {
            throw journal.shortage()
                    .orElseGet(
                            () ->
                                    new JournalException(
                                            JournalException.Kind.FULL, "no room in the journal"));
        }
    }

    private boolean roomForMore() {
        return journal.shortage().isEmpty()
                || journal.room() > (counts().open() + 1) * ROOM_FOR_AN_END;
    }

    private static MeterException cannot(String what, JournalException cause) {
        return new MeterException(
                "usage cannot be %s: %s".formatted(what, cause.getMessage()), cause);
    }
}
