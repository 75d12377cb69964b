package mooring.accounts.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import mooring.accounts.Organization;
import mooring.accounts.Organizations;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.ledger.store.WalletOpening;
import mooring.ledger.store.ZonePeriods;
import mooring.money.Currency;
import mooring.time.Clock;
import mooring.time.Period;
import mooring.time.PeriodLength;
import org.jdbi.v3.core.Handle;
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
    public Organization create(String name, Currency currency, ZoneId zone) {
        Names.require(name);
        Organization organization =
                new Organization(new OrganizationId(ids.next()), name, currency, zone, clock.now());
        jdbi.useTransaction(
                handle -> {
                    handle.createUpdate(
                                    """
                                    INSERT INTO organization (id, name, currency, zone, created_at)
                                    VALUES (:id, :name, :currency, :zone, :at)
                                    """)
                            .bind("id", organization.id().uuid())
                            .bind("name", name)
                            .bind("currency", currency.code())
                            .bind("zone", zone.getId())
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
        return jdbi.withHandle(handle -> find(handle, id));
    }

    private static Optional<Organization> find(Handle handle, OrganizationId id) {
        return handle.createQuery(
                        """
                        SELECT id, name, currency, zone, created_at FROM organization
                        WHERE id = :id
                        """)
                .bind("id", id.uuid())
                .map((row, _) -> read(row))
                .findOne();
    }

    @Override
    public List<Organization> list(@Nullable OrganizationId after, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, name, currency, zone, created_at FROM organization
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

    @Override
    public Optional<Organization> changeZone(OrganizationId id, ZoneId zone) {
        return jdbi.inTransaction(
                handle -> {
                    // The count of versions first, then the organization, as changes of budgets do.
                    handle.createQuery("SELECT version FROM key_version FOR UPDATE")
                            .mapTo(Long.class)
                            .one();
                    Optional<Seams> underWay = underWay(handle, id, clock.now());
                    underWay.ifPresent(seams -> updateZone(handle, id, zone, seams));
                    return find(handle, id);
                });
    }

    /// The day and the month under way.
    private record Seams(Period day, Period month) {}

    private static Optional<Seams> underWay(Handle handle, OrganizationId id, Instant now) {
        return handle.createQuery(
                        "SELECT "
                                + ZonePeriods.COLUMNS
                                + "FROM organization o WHERE o.id = :id FOR NO KEY UPDATE")
                .bind("id", id.uuid())
                .map(
                        (row, _) ->
                                new Seams(
                                        ZonePeriods.read(row, PeriodLength.DAY).at(now),
                                        ZonePeriods.read(row, PeriodLength.MONTH).at(now)))
                .findOne();
    }

    private static void updateZone(Handle handle, OrganizationId id, ZoneId zone, Seams seams) {
        handle.createUpdate(
                        """
                        UPDATE organization SET zone = :zone, day_seam_on = :dayOn,
                            day_seam_from = :dayFrom, day_seam_to = :dayTo,
                            month_seam_on = :monthOn, month_seam_from = :monthFrom,
                            month_seam_to = :monthTo
                        WHERE id = :id AND zone <> :zone
                        """)
                .bind("id", id.uuid())
                .bind("zone", zone.getId())
                .bind("dayOn", seams.day().startsOn())
                .bind("dayFrom", seams.day().from())
                .bind("dayTo", seams.day().to())
                .bind("monthOn", seams.month().startsOn())
                .bind("monthFrom", seams.month().from())
                .bind("monthTo", seams.month().to())
                .execute();
    }

    private static Organization read(ResultSet row) throws SQLException {
        return new Organization(
                new OrganizationId(row.getObject("id", UUID.class)),
                row.getString("name"),
                new Currency(row.getString("currency")),
                ZoneId.of(row.getString("zone")),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
