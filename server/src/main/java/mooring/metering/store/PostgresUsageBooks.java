package mooring.metering.store;

import java.util.ArrayList;
import java.util.List;
import mooring.ids.IdGenerator;
import mooring.ledger.store.BudgetBooks;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Books outcomes in batches, one transaction each.
///
/// Repetitions are rare, so a batch is first booked as if there were none; the settlement's primary
/// key tells when there are, and then the batch is reckoned again with what is there before its
/// eyes. A batch that cannot be booked is halved until the outcome at fault stands alone and goes
/// into quarantine.
public final class PostgresUsageBooks implements UsageBooks {

    /// The most outcomes of one transaction.
    public static final int MAX_BATCH = 5_000;

    /// Two writers of the same records meet at the wallets' locks, so a second look is enough; more
    /// are for records that name other wallets.
    private static final int MAX_LOOKS = 4;

    private static final int MAX_CAUSES = 20;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresUsageBooks.class);

    private final Jdbi jdbi;
    private final Clock clock;
    private final OutcomeBatch batch;
    private final Quarantine quarantine;

    /// @param node who books, for the spreading of roll-ups and for those who look into conflicts
    public PostgresUsageBooks(
            Jdbi jdbi, String node, Clock clock, IdGenerator ids, BudgetBooks budgets) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.batch = new OutcomeBatch(node, ids, budgets);
        this.quarantine = new Quarantine(jdbi, node);
    }

    @Override
    public List<Booking> book(List<Outcome> outcomes) {
        List<Booking> bookings = new ArrayList<>(outcomes.size());
        for (int from = 0; from < outcomes.size(); from += MAX_BATCH) {
            int to = Math.min(outcomes.size(), from + MAX_BATCH);
            bookHalving(outcomes.subList(from, to), bookings);
        }
        return bookings;
    }

    private void bookHalving(List<Outcome> outcomes, List<Booking> bookings) {
        List<Booking> booked;
        try {
            booked = bookOnce(outcomes);
        } catch (RuntimeException e) {
            if (SqlFaults.transientFault(e)) {
                throw e;
            }
            if (outcomes.size() == 1) {
                bookings.add(quarantine(outcomes.getFirst(), e));
                return;
            }
            int half = outcomes.size() / 2;
            bookHalving(outcomes.subList(0, half), bookings);
            bookHalving(outcomes.subList(half, outcomes.size()), bookings);
            return;
        }
        bookings.addAll(booked);
    }

    private List<Booking> bookOnce(List<Outcome> outcomes) {
        for (int look = 1; ; look++) {
            boolean careful = look > 1;
            try {
                return jdbi.inTransaction(
                        handle -> batch.book(handle, outcomes, careful, clock.now()));
            } catch (OutcomeBatch.Overtaken e) {
                if (look == MAX_LOOKS) {
                    throw e;
                }
            }
        }
    }

    private Booking quarantine(Outcome outcome, RuntimeException fault) {
        String reason = reason(fault);
        LOG.error("{}: cannot be booked, put into quarantine: {}", outcome.id(), reason);
        switch (outcome) {
            case UsageRecord record -> quarantine.keep(record, reason, clock.now());
            case Release release -> quarantine.keep(release, reason, clock.now());
        }
        return new Booking.Quarantined(reason);
    }

    /// The first cause; those around it repeat the whole statement.
    private static String reason(Throwable fault) {
        Throwable cause = fault;
        for (int i = 0; i < MAX_CAUSES && cause.getCause() != null; i++) {
            cause = cause.getCause();
        }
        return cause.toString();
    }
}
