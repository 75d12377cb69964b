package mooring.metering.store;

import java.sql.SQLTransientException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.ledger.store.HoldBooks;
import mooring.ledger.store.WalletBooks;
import mooring.metering.Settlement;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.SettledRequest;
import mooring.metering.store.SettlementRows.Booked;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Books some records in one transaction, each exactly once.
///
/// With the wallets locked, what is settled already is known for certain, since every settlement of
/// a request locks its wallet first; the primary key guards the one case left, a record that names
/// another wallet.
final class SettlementBatch {

    /// What became of one record.
    sealed interface Outcome {}

    record Done(Settlement settlement) implements Outcome {}

    /// The request is settled with other content; no money moved.
    record Differs(SettledRequest stored) implements Outcome {}

    private final Jdbi jdbi;
    private final String node;
    private final int shard;
    private final IdGenerator ids;

    SettlementBatch(Jdbi jdbi, String node, IdGenerator ids) {
        this.jdbi = jdbi;
        this.node = node;
        this.shard = UsageMinutes.shard(node);
        this.ids = ids;
    }

    /// One outcome for each record, in their order.
    List<Outcome> book(List<UsageRecord> records, Instant at) {
        return jdbi.inTransaction(handle -> book(handle, records, at));
    }

    private List<Outcome> book(Handle handle, List<UsageRecord> records, Instant at) {
        List<RequestId> requests = records.stream().map(UsageRecord::id).distinct().toList();
        HoldBooks books =
                HoldBooks.open(
                        handle,
                        ids,
                        at,
                        requests,
                        records.stream().map(record -> record.hold().wallet()).toList());
        Map<RequestId, SettledRequest> settled =
                new HashMap<>(SettlementRows.find(handle, requests));
        List<Booked> fresh = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        for (UsageRecord record : records) {
            SettledRequest earlier = settled.get(record.id());
            if (earlier == null) {
                WalletBooks.Paid paid =
                        books.settle(record.id(), record.hold().wallet(), record.charge());
                fresh.add(new Booked(record, paid, paid.drawn()));
                settled.put(
                        record.id(), new SettledRequest(record, paid.payable(), paid.shortfall()));
                outcomes.add(done(record, paid.payable(), paid.shortfall(), paid.available()));
            } else {
                books.end(record.id());
                outcomes.add(repeated(handle, books, record, earlier, at));
            }
        }
        UUID booking = books.booking();
        if (!fresh.isEmpty()) {
            try {
                SettlementRows.insert(handle, fresh, booking);
            } catch (org.jdbi.v3.core.JdbiException e) {
                if ("23505".equals(mooring.sql.SqlFaults.state(e))) {
                    throw new Overtaken();
                }
                throw e;
            }
            UsageMinutes.add(handle, fresh, shard);
        }
        books.write();
        return outcomes;
    }

    private Outcome repeated(
            Handle handle,
            HoldBooks books,
            UsageRecord record,
            SettledRequest earlier,
            Instant at) {
        if (SettlementRows.sameContent(record, earlier.record())) {
            return done(
                    record,
                    earlier.payable(),
                    earlier.shortfall(),
                    books.available(record.hold().wallet()));
        }
        insertConflict(handle, record, earlier, at);
        return new Differs(earlier);
    }

    private static Done done(UsageRecord record, Money payable, Money shortfall, Money available) {
        return new Done(
                new Settlement(record.id(), record.charge(), payable, shortfall, available));
    }

    private void insertConflict(
            Handle handle, UsageRecord record, SettledRequest earlier, Instant at) {
        String json = RecordJson.of(record);
        handle.createUpdate(
                        """
                        INSERT INTO settlement_conflict (request_id, content_hash, stored_charge,
                            record, node_id, seen_at)
                        VALUES (:request, :hash, :charge, CAST(:record AS jsonb), :node, :at)
                        ON CONFLICT DO NOTHING
                        """)
                .bind("request", record.id().uuid())
                .bind("hash", RecordJson.hash(json))
                .bind("charge", earlier.record().charge().nanos())
                .bind("record", json)
                .bind("node", node)
                .bind("at", at)
                .execute();
    }

    /// Another node settled one of the requests meanwhile: the batch is reckoned anew.
    private static final class Overtaken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Overtaken() {
            super(new SQLTransientException("settled by another node meanwhile", "40001"));
        }
    }
}
