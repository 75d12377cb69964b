package mooring.metering.store;

import java.sql.SQLTransientException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.Purse;
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.BudgetBooks.BudgetCharge;
import mooring.ledger.store.NodeLease;
import mooring.ledger.store.WalletBooks;
import mooring.ledger.store.WalletBooks.Paid;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Settlement;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.SettledRequest;
import mooring.metering.store.SettlementRows.Booked;
import mooring.sql.SqlFaults;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/// Books some outcomes in one transaction, each exactly once.
///
/// Every settlement of a request locks its wallet first, so with the wallets locked it is known for
/// certain what is settled already; the primary key guards the one case left, a record that names
/// another wallet.
final class OutcomeBatch {

    private static final String UNIQUE_VIOLATION = "23505";

    private final String node;
    private final int shard;
    private final IdGenerator ids;
    private final BudgetBooks budgets;

    OutcomeBatch(String node, IdGenerator ids, BudgetBooks budgets) {
        this.node = node;
        this.shard = UsageMinutes.shard(node);
        this.ids = ids;
        this.budgets = budgets;
    }

    /// One booking for each outcome, in their order.
    ///
    /// @param careful looks first what is settled already
    /// @throws Overtaken when something was settled that was not known to be
    List<Booking> book(Handle handle, List<Outcome> outcomes, boolean careful, Instant at) {
        List<UsageRecord> records = new ArrayList<>(outcomes.size());
        List<Release> releases = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            switch (outcome) {
                case UsageRecord record -> records.add(record);
                case Release release -> releases.add(release);
            }
        }
        List<Booking> bookings = new ArrayList<>(outcomes.size());
        Map<RequestId, SettledRequest> settled = new HashMap<>();
        WalletBooks books = open(handle, records, at);
        if (careful) {
            settled.putAll(
                    SettlementRows.find(
                            handle, records.stream().map(UsageRecord::id).distinct().toList()));
        }
        List<Booked> rows = new ArrayList<>(records.size());
        for (UsageRecord record : records) {
            SettledRequest earlier = settled.get(record.id());
            if (earlier == null) {
                Paid paid = books.settle(lease(record), record.charge(), record.hold().amount());
                rows.add(new Booked(record, paid, record.hold().amount()));
                settled.put(
                        record.id(), new SettledRequest(record, paid.payable(), paid.shortfall()));
                bookings.add(settled(record, paid));
            } else {
                bookings.add(repeated(handle, record, earlier, at));
            }
        }
        if (!rows.isEmpty()) {
            insert(handle, rows, books.booking());
            UsageMinutes.add(handle, rows, shard);
        }
        books.write();
        ReleasedRows.insert(handle, releases);
        settleBudgets(handle, rows);
        return inOrder(outcomes, bookings);
    }

    private static void insert(Handle handle, List<Booked> rows, UUID booking) {
        try {
            SettlementRows.insert(handle, rows, booking);
        } catch (JdbiException e) {
            if (UNIQUE_VIOLATION.equals(SqlFaults.state(e))) {
                throw new Overtaken();
            }
            throw e;
        }
    }

    private WalletBooks open(Handle handle, List<UsageRecord> records, Instant at) {
        Set<NodeLease> leases = new LinkedHashSet<>();
        Set<WalletId> wallets = new LinkedHashSet<>();
        for (UsageRecord record : records) {
            leases.add(lease(record));
            wallets.add(record.hold().wallet());
        }
        return WalletBooks.open(handle, ids, at, leases, wallets);
    }

    private static NodeLease lease(UsageRecord record) {
        return new NodeLease(record.hold().wallet(), record.accepted().node());
    }

    private static Booking settled(UsageRecord record, Paid paid) {
        Settlement settlement =
                new Settlement(
                        record.id(),
                        record.charge(),
                        paid.payable(),
                        paid.shortfall(),
                        paid.available());
        return new Booking.Settled(settlement, paid.drawn());
    }

    private Booking repeated(
            Handle handle, UsageRecord record, SettledRequest earlier, Instant at) {
        if (SettlementRows.sameContent(record, earlier.record())) {
            return new Booking.Repeated();
        }
        Conflicts.keep(handle, record, earlier, node, at);
        return new Booking.Conflict();
    }

    private void settleBudgets(Handle handle, List<Booked> rows) {
        List<BudgetCharge> charges = new ArrayList<>();
        for (Booked row : rows) {
            UsageRecord record = row.record();
            for (Purse.OfBudget budget : record.hold().budgets()) {
                charges.add(
                        new BudgetCharge(
                                budget,
                                record.accepted().node(),
                                record.charge(),
                                record.hold().amount()));
            }
        }
        if (!charges.isEmpty()) {
            budgets.settle(handle, charges);
        }
    }

    /// Records were booked apart from releases; the caller gets them as they came.
    private static List<Booking> inOrder(List<Outcome> outcomes, List<Booking> ofRecords) {
        if (outcomes.size() == ofRecords.size()) {
            return ofRecords;
        }
        List<Booking> all = new ArrayList<>(outcomes.size());
        int next = 0;
        for (Outcome outcome : outcomes) {
            all.add(
                    switch (outcome) {
                        case UsageRecord _ -> ofRecords.get(next++);
                        case Release _ -> new Booking.Released();
                    });
        }
        return all;
    }

    /// A request was settled before or meanwhile: the batch is reckoned anew.
    static final class Overtaken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Overtaken() {
            super(new SQLTransientException("settled by another writer", "40001"));
        }
    }
}
