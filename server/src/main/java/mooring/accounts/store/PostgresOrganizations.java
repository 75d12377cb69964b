package mooring.accounts.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import mooring.accounts.Organization;
import mooring.accounts.Organizations;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.ledger.store.WalletOpening;
import mooring.money.Currency;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Organizations in PostgreSQL, each created together with its wallet.
public final class PostgresOrganizations implements Organizations {

    /// The most rows of one page.
    private static final int MAX_LIMIT = 1_000;

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresOrganizations(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    @Override
    public Organization create(String name, Currency currency) {
        Names.require(name);
        Organization organization =
                new Organization(new OrganizationId(ids.next()), name, currency, clock.now());
        jdbi.useTransaction(
                handle -> {
                    handle.createUpdate(
                                    """
                                    INSERT INTO organization (id, name, currency, created_at)
                                    VALUES (:id, :name, :currency, :at)
                                    """)
                            .bind("id", organization.id().uuid())
                            .bind("name", name)
                            .bind("currency", currency.code())
                            .bind("at", organization.createdAt())
                            .execute();
                    handle.createUpdate(
                                    """
                                    INSERT INTO project (id, organization_id, name, standard,
                                        created_at)
                                    VALUES (:id, :organization, 'default', true, :at)
                                    """)
                            .bind("id", ids.next())
                            .bind("organization", organization.id().uuid())
                            .bind("at", organization.createdAt())
                            .execute();
                    WalletOpening.open(
                            handle,
                            new WalletId(ids.next()),
                            organization.id(),
                            currency,
                            organization.createdAt());
                });
        return organization;
    }

    @Override
    public Optional<Organization> find(OrganizationId id) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, name, currency, created_at FROM organization
                                        WHERE id = :id
                                        """)
                                .bind("id", id.uuid())
                                .map((row, _) -> read(row))
                                .findOne());
    }

    @Override
    public List<Organization> list(@Nullable OrganizationId after, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, name, currency, created_at FROM organization
                                        WHERE CAST(:after AS uuid) IS NULL
                                            OR id > CAST(:after AS uuid)
                                        ORDER BY id LIMIT :limit
                                        """)
                                .bindByType(
                                        "after", after == null ? null : after.uuid(), UUID.class)
                                .bind("limit", Math.clamp(limit, 0, MAX_LIMIT))
                                .map((row, _) -> read(row))
                                .list());
    }

    private static Organization read(ResultSet row) throws SQLException {
        return new Organization(
                new OrganizationId(row.getObject("id", UUID.class)),
                row.getString("name"),
                new Currency(row.getString("currency")),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
