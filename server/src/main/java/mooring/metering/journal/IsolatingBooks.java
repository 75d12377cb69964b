package mooring.metering.journal;

import java.util.ArrayList;
import java.util.List;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Books that no single outcome can stop: one at which the books behind it fail again and again,
/// while others pass, is set aside.
///
/// The books themselves set aside what they can tell is wrong. This is for what nobody thought of,
/// and it tells it from a store that is away by trying an outcome that was booked a moment ago. For
/// one thread.
public final class IsolatingBooks implements UsageBooks {
    private static final Logger LOG = LoggerFactory.getLogger(IsolatingBooks.class);

    /// Failures in a row from which on batches are halved. With growing pauses between them that is
    /// some seconds, which most faults of a store do not outlast.
    static final int PATIENCE = 8;

    /// Failures in a row, none between them that passed, after which the store is taken to be away:
    /// halving a batch down to a few bad ones at its head takes fewer.
    static final int AWAY = 24;

    /// How often one has to fail between two that pass.
    static final int CERTAIN = 3;

    private final UsageBooks books;
    private final RefusedRecords refused;
    private final OutcomeCodec codec = new OutcomeCodec();
    private int failures;

    public IsolatingBooks(UsageBooks books, RefusedRecords refused) {
        this.books = books;
        this.refused = refused;
    }

    @Override
    public List<Booking> book(List<Outcome> outcomes) {
        try {
            List<Booking> bookings =
                    failures < PATIENCE ? books.book(outcomes) : new Halving(outcomes).book();
            failures = 0;
            return bookings;
        } catch (Throwable e) {
            failures = Math.min(failures + 1, PATIENCE);
            throw e;
        }
    }

    /// One batch, halved around what fails.
    private final class Halving {
        private final List<Outcome> outcomes;
        private final @Nullable Booking[] bookings;
        private final List<Integer> suspects = new ArrayList<>();
        private int inARow;
        private @Nullable Outcome passed;

        Halving(List<Outcome> outcomes) {
            this.outcomes = outcomes;
            this.bookings = new Booking[outcomes.size()];
        }

        List<Booking> book() {
            halve(0, outcomes.size());
            for (int suspect : suspects) {
                bookings[suspect] = examine(outcomes.get(suspect));
            }
            List<Booking> all = new ArrayList<>();
            for (Booking booking : bookings) {
                if (booking == null) {
                    throw new IllegalStateException("an outcome without a booking");
                }
                all.add(booking);
            }
            return all;
        }

        private void halve(int from, int to) {
            try {
                List<Booking> part = books.book(outcomes.subList(from, to));
                for (int index = from; index < to; index++) {
                    bookings[index] = part.get(index - from);
                }
                inARow = 0;
                passed = outcomes.get(from);
            } catch (Throwable e) {
                if (++inARow >= AWAY) {
                    throw e;
                }
                if (to - from == 1) {
                    suspects.add(from);
                    return;
                }
                int middle = (from + to) >>> 1;
                halve(from, middle);
                halve(middle, to);
            }
        }

        /// Set aside when it fails every time, and another passes every time.
        private Booking examine(Outcome suspect) {
            Throwable last = null;
            for (int time = 0; time < CERTAIN; time++) {
                try {
                    return books.book(List.of(suspect)).getFirst();
                } catch (Throwable e) {
                    if (passed == null) {
                        throw e;
                    }
                    last = e;
                }
                books.book(List.of(passed));
            }
            String reason = "the books fail at it: " + last;
            refused.keep(suspect.id(), OutcomeCodec.copy(codec.encode(suspect)), reason);
            LOG.error("{}: not booked, kept aside: {}", suspect.id(), reason, last);
            return new Booking.Quarantined(reason);
        }
    }
}
