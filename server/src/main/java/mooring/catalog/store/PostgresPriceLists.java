package mooring.catalog.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import mooring.catalog.PriceAssignment;
import mooring.catalog.PriceLists;
import mooring.catalog.PricesRefusedException;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Assignments of price lists as rows; the database refuses two at one instant.
public final class PostgresPriceLists implements PriceLists {

    private static final String SELECT =
            "SELECT organization_id, list, valid_from, valid_to, assigned_at FROM price_assignment ";

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresPriceLists(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    @Override
    public PriceAssignment assign(
            OrganizationId organization,
            String list,
            @Nullable Instant from,
            @Nullable Instant to) {
        return jdbi.inTransaction(
                handle -> {
                    // Assignments of one organization come one after the other.
                    handle.execute(
                            "SELECT FROM organization WHERE id = ? FOR UPDATE",
                            organization.uuid());
                    Instant now = clock.now().truncatedTo(ChronoUnit.MICROS);
                    Instant begin = from == null ? now : from.truncatedTo(ChronoUnit.MICROS);
                    Instant end = to == null ? null : to.truncatedTo(ChronoUnit.MICROS);
                    check(handle, list, begin, end, now);
                    endOpenOne(handle, organization, begin);
                    refuseOverlap(handle, organization, begin, end);
                    handle.createUpdate(
                                    """
                                    INSERT INTO price_assignment (id, organization_id, list,
                                        valid_from, valid_to, assigned_at)
                                    VALUES (:id, :organization, :list, :from, :to, :now)
                                    """)
                            .bind("id", ids.next())
                            .bind("organization", organization.uuid())
                            .bind("list", list)
                            .bind("from", begin)
                            .bind("to", end)
                            .bind("now", now)
                            .execute();
                    return new PriceAssignment(organization, list, begin, end, now);
                });
    }

    @Override
    public List<PriceAssignment> of(OrganizationId organization) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        SELECT
                                                + "WHERE organization_id = :organization"
                                                + " ORDER BY valid_from")
                                .bind("organization", organization.uuid())
                                .map((row, _) -> read(row))
                                .list());
    }

    /// Every assignment that has not ended before the instant.
    static List<PriceAssignment> since(Handle handle, Instant cutoff) {
        return handle.createQuery(SELECT + "WHERE valid_to IS NULL OR valid_to > :cutoff")
                .bind("cutoff", cutoff)
                .map((row, _) -> read(row))
                .list();
    }

    private static void check(
            Handle handle, String list, Instant from, @Nullable Instant to, Instant now) {
        if (from.isBefore(now)) {
            throw refused(
                    "from: "
                            + from
                            + " (expected: an instant from now on, "
                            + now
                            + "; the past never changes)");
        }
        if (to != null && !to.isAfter(from)) {
            throw refused("to: " + to + " (expected: after " + from + ")");
        }
        if (PostgresPriceBook.inForce(handle, list, from).isEmpty()) {
            throw refused(
                    "list: \""
                            + list
                            + "\" has no price in force at "
                            + from
                            + " (expected: a published list)");
        }
    }

    private static void endOpenOne(Handle handle, OrganizationId organization, Instant at) {
        handle.createUpdate(
                        """
                        UPDATE price_assignment SET valid_to = :at
                        WHERE organization_id = :organization AND valid_to IS NULL
                            AND valid_from < :at
                        """)
                .bind("at", at)
                .bind("organization", organization.uuid())
                .execute();
    }

    private static void refuseOverlap(
            Handle handle, OrganizationId organization, Instant from, @Nullable Instant to) {
        handle.createQuery(
                        SELECT
                                + """
                                WHERE organization_id = :organization
                                    AND tstzrange(valid_from, valid_to)
                                        && tstzrange(:from, CAST(:to AS timestamptz))
                                ORDER BY valid_from LIMIT 1
                                """)
                .bind("organization", organization.uuid())
                .bind("from", from)
                .bind("to", to)
                .map((row, _) -> read(row))
                .findOne()
                .ifPresent(
                        other -> {
                            throw refused(
                                    "from: overlaps list \""
                                            + other.list()
                                            + "\" from "
                                            + other.from()
                                            + (other.to() == null ? " on" : " to " + other.to())
                                            + " (expected: one list at each instant)");
                        });
    }

    private static PricesRefusedException refused(String reason) {
        return new PricesRefusedException(List.of(reason));
    }

    private static PriceAssignment read(ResultSet row) throws SQLException {
        OffsetDateTime to = row.getObject("valid_to", OffsetDateTime.class);
        return new PriceAssignment(
                new OrganizationId(row.getObject("organization_id", UUID.class)),
                row.getString("list"),
                row.getObject("valid_from", OffsetDateTime.class).toInstant(),
                to == null ? null : to.toInstant(),
                row.getObject("assigned_at", OffsetDateTime.class).toInstant());
    }
}
