package mooring.metering.journal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import mooring.inference.Usage;
import mooring.journal.Checkpoint;
import mooring.journal.Journal;
import mooring.journal.JournalException;
import mooring.journal.ProgressTable;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends what earlier lives of this node left open, before anything new is admitted: billed as far
/// as it was delivered, or released. Taken as often as it is cut short, each request still ends
/// once.
public final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    /// What callers were told, had they still been there.
    static final String PROBLEM = "gateway_lost";

    /// @param billed open requests that are billed for what was delivered
    /// @param released open requests of which nothing was delivered
    /// @param unfinished open requests that cannot be ended now, for instance because their price
    ///   is not there; the next start tries again
    /// @param undrained ends in the journal that are not booked yet, those above among them
    /// @param end everything of the earlier lives lies before this position; once the drain is past
    ///   it, their leases can be closed
    /// @param epochs the lives of which something was open
    public record Report(
            int billed,
            int released,
            int unfinished,
            long undrained,
            long end,
            Set<NodeEpoch> epochs) {}

    /// What a usage costs, and the calls that are charged with it.
    public record Priced(Money charge, SortedMap<String, Long> calls) {}

    /// Prices what was used. It throws when the price is not there.
    @FunctionalInterface
    public interface Pricing {
        Priced price(Acceptance acceptance, Usage usage);
    }

    private final Journal journal;
    private final Checkpoint checkpoint;
    private final ProgressTable progress;
    private final Pricing pricing;
    private final Clock clock;
    private final OutcomeCodec codec = new OutcomeCodec();

    /// @param pricing by the price version of a request's admission
    public Recovery(
            Journal journal,
            Checkpoint checkpoint,
            ProgressTable progress,
            Pricing pricing,
            Clock clock) {
        this.journal = journal;
        this.checkpoint = checkpoint;
        this.progress = progress;
        this.pricing = pricing;
        this.clock = clock;
    }

    /// @param current the life that begins now; what it has admitted itself is left alone
    /// @throws mooring.journal.JournalException when the journal does not take the ends
    public Report recover(NodeEpoch current) {
        OpenRequests open = new OpenRequests(true);
        long undrained = 0;
        List<ByteBuffer> doubtful = new ArrayList<>();
        try (Journal.Reader from = journal.reader(checkpoint.oldestOpen())) {
            for (Journal.Entry entry = from.next(); entry != null; entry = from.next()) {
                if (open.read(entry) && entry.position() >= checkpoint.drained()) {
                    undrained++;
                    if (journal.doubtful(entry.position())) {
                        doubtful.add(entry.payload());
                    }
                }
            }
        }
        // Booked once, and then gone with the power, they would be ended a second time, otherwise.
        doubtful.forEach(this::append);
        Map<UUID, long[]> delivered = new LinkedHashMap<>(progress.recover());
        Set<NodeEpoch> epochs = new HashSet<>();
        int billed = 0;
        int released = 0;
        int unfinished = 0;
        for (Map.Entry<UUID, OpenRequests.Open> each : open.all().entrySet()) {
            Acceptance acceptance = acceptance(each.getValue().accept());
            if (acceptance == null) {
                delivered.remove(each.getKey());
                unfinished++;
                continue;
            }
            if (acceptance.node().equals(current)) {
                delivered.remove(each.getKey());
                continue;
            }
            epochs.add(acceptance.node());
            Outcome outcome = outcome(acceptance, delivered.get(each.getKey()));
            if (outcome == null) {
                delivered.remove(each.getKey());
                unfinished++;
                continue;
            }
            append(codec.encode(outcome));
            switch (outcome) {
                case UsageRecord _ -> billed++;
                case Release _ -> released++;
            }
        }
        // Ends first, on the disk; only then is forgotten how far they had come.
        journal.sync();
        delivered.keySet().forEach(progress::free);
        if (billed + released + unfinished > 0) {
            LOG.warn(
                    "ended what was open when the last process died: {} billed, {} released, {}"
                            + " unfinished",
                    billed,
                    released,
                    unfinished);
        }
        return new Report(
                billed,
                released,
                unfinished,
                undrained + doubtful.size() + billed + released,
                journal.appended(),
                Set.copyOf(epochs));
    }

    /// At the start nobody else makes the next segment ready.
    private void append(ByteBuffer record) {
        try {
            journal.append(record);
        } catch (JournalException e) {
            if (e.kind() != JournalException.Kind.FULL) {
                throw e;
            }
            journal.sync();
            journal.append(record);
        }
    }

    private static @Nullable Acceptance acceptance(@Nullable ByteBuffer record) {
        if (record == null) {
            return null;
        }
        return switch (OutcomeCodec.decode(record)) {
            case JournalRecord.Accepted accepted -> accepted.acceptance();
            case JournalRecord.Ended _ -> null;
            case JournalRecord.Unreadable unreadable -> {
                LOG.error("{}: stays open: {}", unreadable.id(), unreadable.reason());
                yield null;
            }
        };
    }

    private @Nullable Outcome outcome(Acceptance acceptance, long @Nullable [] progressed) {
        try {
            Usage usage = progressed == null ? Usage.NONE : usage(progressed);
            if (!acceptance.streamed() || usage.output() == 0) {
                return new Release(acceptance, clock.now(), PROBLEM, Served.NOWHERE);
            }
            Priced priced = pricing.price(acceptance, usage);
            Money charge = priced.charge();
            Hold hold = acceptance.hold();
            return new UsageRecord(
                    acceptance,
                    hold.amount().compareTo(charge) < 0 ? hold.withAmount(charge) : hold,
                    clock.now(),
                    Ending.GATEWAY_LOST,
                    true,
                    usage,
                    priced.calls(),
                    charge,
                    Served.NOWHERE);
        } catch (RuntimeException e) {
            LOG.error("{}: stays open until the next start", acceptance.id(), e);
            return null;
        }
    }

    private static Usage usage(long[] values) {
        return new Usage(values[0], values[1], values[2], values[3], values[4], values[5]);
    }
}
