package mooring.ledger.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

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
        handle.createUpdate(
                        """
                        INSERT INTO transfer (id, debit_account, credit_account, currency, amount,
                            kind, wallet_id, booking, reference, reason, idempotency_key, booked_at)
                        SELECT t.id, t.debit, t.credit, t.currency, t.amount, t.kind, t.wallet_id,
                            :booking, t.reference, t.reason, t.idempotency_key, :at
                        FROM unnest(:ids, :debits, :credits, :currencies, :amounts, :kinds,
                                :wallets, :references, :reasons, :keys)
                            AS t (id, debit, credit, currency, amount, kind, wallet_id, reference,
                                reason, idempotency_key)
                        """)
                .bind("ids", SqlArrays.column("uuid", rows, Row::id))
                .bind("debits", SqlArrays.column("int8", rows, r -> id(r.kind().debit, r, house)))
                .bind("credits", SqlArrays.column("int8", rows, r -> id(r.kind().credit, r, house)))
                .bind("currencies", SqlArrays.column("text", rows, Row::currency))
                .bind("amounts", SqlArrays.column("int8", rows, Row::amount))
                .bind("kinds", SqlArrays.column("text", rows, r -> r.kind().text))
                .bind("wallets", SqlArrays.column("uuid", rows, Row::wallet))
                .bind("references", SqlArrays.column("text", rows, r -> r.note().reference()))
                .bind("reasons", SqlArrays.column("text", rows, r -> r.note().reason()))
                .bind("keys", SqlArrays.column("text", rows, r -> r.note().idempotencyKey()))
                .bind("booking", booking)
                .bind("at", at)
                .execute();
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

    private static @Nullable Long id(String account, Row row, Map<House, Long> house) {
        return account.equals(TransferKind.CUSTOMER)
                ? Long.valueOf(row.customerAccount())
                : house.get(new House(account, row.currency()));
    }
}
