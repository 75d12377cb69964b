package mooring.metering.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mooring.ids.RequestId;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Settlement;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import org.jspecify.annotations.Nullable;

/// Books in memory that keep to the port's word, and can be made to fail.
final class MemoryBooks implements UsageBooks {

    /// What goes wrong before anything of a call is booked; may throw.
    interface Trouble {
        void on(List<Outcome> outcomes);
    }

    final Map<RequestId, Outcome> booked = new HashMap<>();
    final List<Outcome> conflicts = new ArrayList<>();
    private Trouble before = _ -> {};
    private Trouble after = _ -> {};
    private int calls;

    synchronized void failBefore(Trouble trouble) {
        before = trouble;
    }

    /// The batch is booked, and the answer lost.
    synchronized void failAfter(Trouble trouble) {
        after = trouble;
    }

    synchronized void work() {
        before = _ -> {};
        after = _ -> {};
    }

    synchronized int calls() {
        return calls;
    }

    synchronized @Nullable Outcome of(RequestId id) {
        return booked.get(id);
    }

    @Override
    public List<Booking> book(List<Outcome> outcomes) {
        Trouble first;
        synchronized (this) {
            calls++;
            first = before;
        }
        first.on(outcomes);
        synchronized (this) {
            List<Booking> bookings = new ArrayList<>();
            for (Outcome outcome : outcomes) {
                bookings.add(book(outcome));
            }
            after.on(outcomes);
            return bookings;
        }
    }

    private Booking book(Outcome outcome) {
        Outcome earlier = booked.putIfAbsent(outcome.id(), outcome);
        if (earlier != null && !earlier.equals(outcome)) {
            conflicts.add(outcome);
            return new Booking.Conflict();
        }
        if (earlier != null) {
            return new Booking.Repeated();
        }
        return switch (outcome) {
            case Release _ -> new Booking.Released();
            case UsageRecord record ->
                    new Booking.Settled(
                            new Settlement(
                                    record.id(),
                                    record.charge(),
                                    record.charge(),
                                    Samples.usd(0),
                                    Samples.usd(0)),
                            record.charge());
        };
    }
}
