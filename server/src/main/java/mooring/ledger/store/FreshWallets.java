package mooring.ledger.store;

import java.util.Optional;
import java.util.UUID;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.ledger.Balance;
import mooring.ledger.OwnUse;
import mooring.ledger.Wallets;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Wallets as this node shows them: held is what requests hold and have used that is not booked
/// yet, not what nodes have leased. So leased money that nobody uses counts as available, and one's
/// own last answer is always taken off.
public final class FreshWallets implements Wallets {

    /// Charges that are booked between two looks make a third one necessary, and so on.
    private static final int MAX_LOOKS = 4;

    private record Row(
            WalletId wallet, Currency currency, long posted, long promotional, long others) {}

    private final Wallets wallets;
    private final Jdbi jdbi;
    private final OwnUse own;

    public FreshWallets(Wallets wallets, Jdbi jdbi, OwnUse own) {
        this.wallets = wallets;
        this.jdbi = jdbi;
        this.own = own;
    }

    @Override
    public Credited credit(
            OrganizationId organization,
            Money amount,
            Source source,
            String reason,
            @Nullable String idempotencyKey) {
        Credited booked = wallets.credit(organization, amount, source, reason, idempotencyKey);
        return new Credited(
                booked.transfer(),
                booked.amount(),
                balance(organization).orElse(booked.balance()),
                booked.replayed());
    }

    @Override
    public Optional<Balance> balance(OrganizationId organization) {
        Optional<Row> row = look(organization);
        for (int look = 1; row.isPresent(); look++) {
            long before = own.inUseNanos(row.get().wallet());
            row = look(organization);
            if (row.isPresent()
                    && (look == MAX_LOOKS || own.inUseNanos(row.get().wallet()) == before)) {
                return row.map(found -> balance(found, before));
            }
        }
        return Optional.empty();
    }

    private static Balance balance(Row row, long own) {
        return new Balance(
                new Money(row.posted(), row.currency()),
                new Money(Math.addExact(own, row.others()), row.currency()),
                new Money(row.promotional(), row.currency()));
    }

    private Optional<Row> look(OrganizationId organization) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT w.id, w.currency, b.posted, (
                                            SELECT coalesce(sum(l.remaining), 0)
                                            FROM credit_lot l
                                            WHERE l.wallet_id = w.id AND l.open
                                                AND l.kind <> 'paid') AS promotional, (
                                            SELECT coalesce(sum(s.in_use), 0) FROM lease s
                                            WHERE s.wallet_id = w.id AND (s.node_id, s.epoch)
                                                <> (:node, :epoch)) AS others
                                        FROM wallet w
                                        JOIN wallet_balance b ON b.wallet_id = w.id
                                        WHERE w.organization_id = :organization
                                        """)
                                .bind("organization", organization.uuid())
                                .bind("node", own.node().node())
                                .bind("epoch", own.node().epoch())
                                .map(
                                        (row, _) ->
                                                new Row(
                                                        new WalletId(
                                                                row.getObject("id", UUID.class)),
                                                        new Currency(row.getString("currency")),
                                                        row.getLong("posted"),
                                                        row.getLong("promotional"),
                                                        row.getLong("others")))
                                .findOne());
    }
}
