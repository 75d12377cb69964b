package mooring.journal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import mooring.time.Clock;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An append-only log of byte records that survives process and machine from the next sync on.
///
/// Positions count the bytes of all segments ever, laid end to end; they never go back, not even
/// over restarts. Appending takes one short lock and copies into memory; a sync writes what was
/// gathered there, all at once. Syncing, making the next segment ready and deleting old ones are
/// steps that somebody else takes: `SyncLoop` in production. The page beside this file has the
/// format and the reasons.
public final class Journal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    /// After a failed attempt to make the next segment, the next one.
    private static final Duration PREPARE_AGAIN = Duration.ofSeconds(1);

    /// With less than this part of a segment left, the next one is made ready before anybody
    /// appends.
    private static final int ROOM_AT_START = 4;

    /// One record as it was appended.
    ///
    /// @param position where it begins
    /// @param end the position behind it, as `append` had returned it
    /// @param payload a copy of its own
    public record Entry(long position, long end, ByteBuffer payload) {}

    /// Walks over the log from a position on. For one thread.
    public sealed interface Reader extends AutoCloseable permits SegmentReader {

        /// The next record that is there and right; null at the tail, for now.
        @Nullable Entry next();

        /// From where it reads on.
        long position();

        @Override
        void close();
    }

    private final JournalStorage storage;
    private final JournalOptions options;
    private final Clock clock;
    private final DamageReports damage = new DamageReports();
    private final List<LongConsumer> syncListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<Damage>> damageListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<JournalException>> failureListeners = new CopyOnWriteArrayList<>();

    /// Guards what appending moves. Never held over a write.
    private final Object appending = new Object();

    // Taken in this order, and `appending` last.
    private final ReentrantLock syncing = new ReentrantLock();
    private final ReentrantLock preparing = new ReentrantLock();

    /// Held over writes, so that what was appended first is written first, whoever does it.
    private final ReentrantLock writing = new ReentrantLock();

    private OpenSegment active;
    private @Nullable OpenSegment next;
    private final Deque<OpenSegment> sealed = new ArrayDeque<>();
    private boolean closed;

    /// Guarded by `syncing`, and by `writing`, too.
    private boolean released;

    private final List<Segment> doubtful;
    private volatile List<Segment> segments;
    private volatile long appended;
    private volatile long records;
    private volatile long synced;
    private volatile @Nullable JournalException failure;
    private volatile @Nullable JournalException shortage;
    private volatile long prepareAgainNanos;
    private volatile @Nullable Runnable helper;

    private Journal(
            JournalStorage storage, JournalOptions options, Clock clock, Recovery.Result found) {
        this.storage = storage;
        this.options = options;
        this.clock = clock;
        this.active = found.active();
        this.next = found.next();
        this.segments = found.segments();
        this.doubtful = found.doubtful();
        this.appended = active.end();
        this.synced = appended;
    }

    /// Opens what is there, or begins anew: finds the end, clears what a crash cut off behind it,
    /// and syncs.
    ///
    /// @throws JournalException when segments are not this journal's (`FOREIGN`), or the storage
    ///   cannot be read or written
    public static Journal open(JournalStorage storage, JournalOptions options, Clock clock) {
        Recovery.Result found = Recovery.run(storage, options, clock);
        Journal journal = new Journal(storage, options, clock, found);
        found.damage().forEach(journal::report);
        if (journal.room() < options.segmentBytes() / ROOM_AT_START) {
            journal.prepare();
        }
        return journal;
    }

    /// Everything that is kept in a storage from its beginning, whoever wrote it; changes nothing.
    /// For after a restore.
    ///
    /// @param damaged told of each damaged stretch that was passed over
    public static Reader replay(JournalStorage storage, Consumer<Damage> damaged) {
        return replay(storage, null, damaged);
    }

    /// The same, of one journal: any other's segment is refused.
    public static Reader replay(
            JournalStorage storage, @Nullable UUID journalId, Consumer<Damage> damaged) {
        Inspection found = Inspection.of(storage, journalId, 0);
        DamageReports once = new DamageReports();
        Consumer<Damage> told =
                each -> {
                    if (once.add(each)) {
                        damaged.accept(each);
                    }
                };
        found.damage().forEach(told);
        List<Segment> segments = found.found().stream().map(Inspection.Found::segment).toList();
        return new SegmentReader(storage, found.journalId(), () -> segments, found::end, 0, told);
    }

    /// Adds a record. From any thread; it is safe from the end of this process and of the machine
    /// when `synced()` has reached what is returned, and not before.
    ///
    /// @param payload read from its position to its limit, neither of which moves
    /// @return the position behind the record
    /// @throws JournalException when the record is empty or too large, there is no room, or the
    ///   journal has failed or was closed
    public long append(ByteBuffer payload) {
        int length = payload.remaining();
        if (length < 1 || length > options.maxRecordBytes()) {
            throw new JournalException(
                    JournalException.Kind.TOO_LARGE,
                    "record of %d bytes (expected: 1..%d)"
                            .formatted(length, options.maxRecordBytes()));
        }
        int whole = SegmentFormat.recordBytes(length);
        long end;
        while (true) {
            synchronized (appending) {
                admit();
                if (active.room() < whole) {
                    roll(whole);
                }
                if (active.gathers(whole)) {
                    active.append(payload, whole);
                    records++;
                    end = active.end();
                    appended = end;
                    break;
                }
            }
            // As much waits to be written as may: the disk is slow, or nobody syncs.
            write();
        }
        wakeHelper();
        return end;
    }

    /// Up to where records were appended.
    public long appended() {
        return appended;
    }

    /// Up to where they are on the disk, and survive the end of process and machine.
    public long synced() {
        return synced;
    }

    /// Records appended since it was opened.
    long records() {
        return records;
    }

    /// Where the oldest record that is kept can lie.
    public long oldest() {
        return segments.getFirst().start();
    }

    /// Bytes that can be appended for sure without waiting: an early warning while the disk is
    /// full.
    public long room() {
        synchronized (appending) {
            return (long) active.room() + (next == null ? 0 : next.room());
        }
    }

    /// Why there is no next segment, while that is so. It passes when there is room again.
    public Optional<JournalException> shortage() {
        return Optional.ofNullable(shortage);
    }

    /// Why nothing is admitted any more. It never passes: only a new process begins anew.
    public Optional<JournalException> failure() {
        return Optional.ofNullable(failure);
    }

    /// What was found damaged so far, at the start and by readers; the first hundred.
    public List<Damage> damage() {
        return damage.list();
    }

    /// One group commit of everything appended so far: written and synced. The next segment is made
    /// ready when nobody else does that.
    ///
    /// @return false when there was nothing to sync
    /// @throws JournalException when it fails; nothing is admitted any more then
    public boolean sync() {
        syncing.lock();
        try {
            if (released) {
                return false;
            }
            GroupCommit group = write();
            boolean anything = group.end() != synced;
            if (anything) {
                sync(group);
                synced = group.end();
                tellSynced(group.end());
            }
            if (helper == null) {
                prepare();
            }
            return anything;
        } finally {
            syncing.unlock();
        }
    }

    /// Makes the next segment ready, if there is none. A full disk is met here, and becomes
    /// `shortage()`; it is tried again a second later at the earliest.
    ///
    /// @return whether there is a next segment now
    public boolean prepare() {
        preparing.lock();
        try {
            long start;
            synchronized (appending) {
                // A finished segment is synced first. So after a crash no more than the last two
                // segments can hold what was not.
                if (next != null || closed || failure != null || !sealed.isEmpty()) {
                    return next != null;
                }
                start = active.logicalEnd();
            }
            if (shortage != null && clock.monotonicNanos() - prepareAgainNanos < 0) {
                return false;
            }
            OpenSegment made = OpenSegment.create(storage, options, clock, start);
            synchronized (appending) {
                if (closed) {
                    made.close();
                    return false;
                }
                next = made;
                segments = with(segments, made.segment());
                appending.notifyAll();
            }
            shortage = null;
            return true;
        } catch (JournalException e) {
            if (shortage == null) {
                LOG.error("no room for the journal's next segment: {}", e.getMessage());
            }
            shortage = e;
            prepareAgainNanos = clock.monotonicNanos() + PREPARE_AGAIN.toNanos();
            return false;
        } finally {
            preparing.unlock();
        }
    }

    /// Whether `prepare()` has something to do.
    boolean wantsNext() {
        synchronized (appending) {
            return next == null && sealed.isEmpty() && !closed && failure == null;
        }
    }

    /// Has this told after each sync, on the thread that synced, with what `synced()` has become.
    public void onSynced(LongConsumer listener) {
        syncListeners.add(listener);
    }

    /// Has this told when the journal fails, once, on the thread that found out, which holds locks
    /// of the journal: it must not wait for anything.
    public void onFailed(Consumer<JournalException> listener) {
        failureListeners.add(listener);
    }

    /// Has this told of damage: what is known already at once, the rest on the thread that reads
    /// it.
    public void onDamage(Consumer<Damage> listener) {
        damageListeners.add(listener);
        damage.list().forEach(listener);
    }

    /// Whether what stands here may be gone after a loss of power, though it can be read now: an
    /// earlier process could not sync the file. Who relies on it appends it again.
    public boolean doubtful(long position) {
        for (Segment each : doubtful) {
            if (position >= each.start() && position < each.end()) {
                return true;
            }
        }
        return false;
    }

    /// Reads from here on, and follows the tail up to `synced()`. From before the oldest record it
    /// begins with that one.
    ///
    /// @throws JournalException when the log has never reached that position: what is kept here is
    ///   older than what somebody has read
    public Reader reader(long fromPosition) {
        long end = synced;
        if (fromPosition < 0 || fromPosition > Math.max(end, appended)) {
            throw new JournalException(
                    JournalException.Kind.FOREIGN,
                    "reader from position %d (expected: 0..%d, the end of this journal)"
                            .formatted(fromPosition, end));
        }
        return new SegmentReader(
                storage,
                options.journalId(),
                () -> segments,
                this::synced,
                fromPosition,
                this::report);
    }

    /// Deletes whole segments that end before this position and are older than the retention, and
    /// younger ones too while all together take more than the bound. Nothing behind the position is
    /// ever deleted.
    ///
    /// @return how many are gone
    public int trim(long beforePosition) {
        Instant now = clock.now();
        int gone = 0;
        while (true) {
            Segment oldest;
            synchronized (appending) {
                oldest = segments.getFirst();
                long kept = segments.stream().mapToLong(Segment::length).sum();
                boolean old =
                        now.toEpochMilli() - oldest.keptSinceMillis()
                                > options.retention().toMillis();
                if (closed
                        || oldest.start() >= active.start()
                        || oldest.usedEnd() > beforePosition
                        || oldest.usedEnd() > synced
                        || !(old || kept > options.maxKeptBytes())) {
                    return gone;
                }
                segments = List.copyOf(segments.subList(1, segments.size()));
            }
            storage.delete(oldest.name());
            storage.delete(oldest.name() + Inspection.FAILED);
            gone++;
        }
    }

    /// Ends admission and syncs what was appended.
    ///
    /// @throws JournalException when that sync fails
    @Override
    public void close() {
        synchronized (appending) {
            if (closed) {
                return;
            }
            closed = true;
            appending.notifyAll();
        }
        syncing.lock();
        preparing.lock();
        writing.lock();
        try {
            if (failure == null) {
                sync();
            }
        } finally {
            released = true;
            synchronized (appending) {
                sealed.forEach(OpenSegment::close);
                active.close();
                if (next != null) {
                    next.close();
                }
            }
            writing.unlock();
            preparing.unlock();
            syncing.unlock();
        }
    }

    /// Called after each append; whoever registers also makes the next segment ready.
    void helpedBy(@Nullable Runnable afterAppend) {
        helper = afterAppend;
    }

    /// Nothing is admitted any more: a write or a sync failed, here or of what stands beside it on
    /// the disk.
    ///
    /// @return the given one, to be thrown
    public JournalException fail(JournalException why) {
        synchronized (appending) {
            if (failure != null) {
                return why;
            }
            failure = why;
            appending.notifyAll();
        }
        LOG.error("the journal admits nothing any more: {}", why.getMessage());
        for (Consumer<JournalException> listener : failureListeners) {
            try {
                listener.accept(why);
            } catch (RuntimeException e) {
                LOG.error("a listener to the journal's failure failed", e);
            }
        }
        return why;
    }

    private void admit() {
        if (closed) {
            throw new JournalException(JournalException.Kind.CLOSED, "the journal is closed");
        }
        throwFailure();
    }

    private void throwFailure() {
        JournalException before = failure;
        if (before != null) {
            throw new JournalException(
                    before.kind(), "the journal has failed: " + before.getMessage(), before);
        }
    }

    /// Goes on in the next segment, for which it waits a bounded time. Holds `appending`.
    private void roll(int whole) {
        Deadline deadline = Deadline.in(options.appendWait());
        while (active.room() < whole) {
            OpenSegment ready = next;
            if (ready == null) {
                await(deadline);
                continue;
            }
            Segment done = active.finish(clock.now().toEpochMilli());
            segments =
                    segments.stream()
                            .map(each -> each.start() == done.start() ? done : each)
                            .toList();
            sealed.add(active);
            active = ready;
            appended = active.end();
            next = null;
        }
    }

    private void await(Deadline deadline) {
        long millis = deadline.left().toMillis();
        if (millis <= 0) {
            JournalException why = shortage;
            throw new JournalException(
                    JournalException.Kind.FULL,
                    "no room in the journal: "
                            + (why == null
                                    ? "the next segment is not ready within "
                                            + options.appendWait().toMillis()
                                            + " ms"
                                    : why.getMessage()));
        }
        wakeHelper();
        try {
            TimeUnit.MILLISECONDS.timedWait(appending, millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JournalException(
                    JournalException.Kind.FULL, "interrupted while waiting for a segment", e);
        }
        admit();
    }

    private void wakeHelper() {
        Runnable waiting = helper;
        if (waiting != null) {
            waiting.run();
        }
    }

    /// Writes what was gathered so far. Once that has failed nothing is written any more: what
    /// stands behind must not be found without it.
    private GroupCommit write() {
        writing.lock();
        try {
            GroupCommit group;
            synchronized (appending) {
                throwFailure();
                if (released) {
                    admit();
                }
                group = GroupCommit.take(sealed, active);
            }
            group.write(this::fail);
            return group;
        } finally {
            writing.unlock();
        }
    }

    private void sync(GroupCommit group) {
        group.sync(this::markFailed, this::fail);
        synchronized (appending) {
            sealed.removeAll(group.finished());
        }
        group.finished().forEach(OpenSegment::close);
    }

    /// So that the next process appends to another file. When the disk takes not even that, the
    /// next process meets the same disk.
    private void markFailed(OpenSegment segment) {
        try {
            storage.create(segment.segment().name() + Inspection.FAILED, 1).close();
        } catch (RuntimeException e) {
            LOG.warn("{} cannot be marked as failed: {}", segment.segment().name(), e.toString());
        }
    }

    private void tellSynced(long position) {
        for (LongConsumer listener : syncListeners) {
            try {
                listener.accept(position);
            } catch (RuntimeException e) {
                LOG.error("a listener to the journal's syncs failed", e);
            }
        }
    }

    private void report(Damage found) {
        if (damage.add(found)) {
            LOG.error("the journal is damaged: {}", found);
            for (Consumer<Damage> listener : damageListeners) {
                listener.accept(found);
            }
        }
    }

    private static List<Segment> with(List<Segment> segments, Segment another) {
        List<Segment> more = new ArrayList<>(segments);
        more.add(another);
        return List.copyOf(more);
    }
}
