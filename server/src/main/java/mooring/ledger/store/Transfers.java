package mooring.ledger.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.sql.BinaryRows;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The transfers that one transaction will insert, with one statement.
final class Transfers {

    private record Row(
            UUID id,
            UUID wallet,
            long customerAccount,
            String currency,
            TransferKind kind,
            long amount,
            TransferNote note) {}

    private record House(String kind, String currency) {}

    private final List<Row> rows = new ArrayList<>();

    void add(
            UUID id,
            UUID wallet,
            long customerAccount,
            String currency,
            TransferKind kind,
            long amount,
            TransferNote note) {
        rows.add(new Row(id, wallet, customerAccount, currency, kind, amount, note));
    }

    void insert(Handle handle, UUID booking, Instant at) {
        if (rows.isEmpty()) {
            return;
        }
        Map<House, Long> house = houseAccounts(handle);
        BinaryRows copied =
                new BinaryRows(
                        "transfer",
                        """
                        id, debit_account, credit_account, currency, amount, kind, wallet_id,
                        booking, reference, reason, idempotency_key, booked_at
                        """,
                        rows.size());
        for (Row row : rows) {
            copied.row()
                    .uuid(row.id())
                    .int8(id(row.kind().debit, row, house))
                    .int8(id(row.kind().credit, row, house))
                    .text(row.currency())
                    .int8(row.amount())
                    .text(row.kind().text)
                    .uuid(row.wallet())
                    .uuid(booking)
                    .text(row.note().reference())
                    .text(row.note().reason())
                    .text(row.note().idempotencyKey())
                    .timestamptz(at);
        }
        copied.copy(handle);
    }

    private Map<House, Long> houseAccounts(Handle handle) {
        Collection<String> currencies = rows.stream().map(Row::currency).distinct().toList();
        Map<House, Long> accounts = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT id, kind, currency FROM account
                        WHERE wallet_id IS NULL AND currency = ANY(:currencies)
                        """)
                .bind("currencies", SqlArrays.column("text", currencies, code -> code))
                .map(
                        (row, _) ->
                                Map.entry(
                                        new House(row.getString("kind"), row.getString("currency")),
                                        row.getLong("id")))
                .forEach(account -> accounts.put(account.getKey(), account.getValue()));
        return accounts;
    }

    private static long id(String account, Row row, Map<House, Long> house) {
        if (account.equals(TransferKind.CUSTOMER)) {
            return row.customerAccount();
        }
        House wanted = new House(account, row.currency());
        Long id = house.get(wanted);
        if (id == null) {
            throw new IllegalStateException(wanted + " (expected: an account on record)");
        }
        return id;
    }
}
