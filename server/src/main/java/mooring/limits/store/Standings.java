package mooring.limits.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import mooring.ids.OrganizationId;
import mooring.inference.ModelId;
import mooring.ledger.store.ZonePeriods;
import mooring.limits.LimitStanding;
import mooring.limits.Limits;
import mooring.limits.Subject;
import mooring.problem.LimitScope;
import mooring.sql.SqlArrays;
import mooring.time.PeriodLength;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// What decides about organizations' limits, read as each node keeps it in memory.
public final class Standings {

    /// What changed.
    ///
    /// @param version up to which it is told
    public record Changes(long version, Map<OrganizationId, LimitStanding> standings) {
        public Changes {
            standings = Map.copyOf(standings);
        }
    }

    private static final String COLUMNS =
            """
            SELECT o.id, o.limit_tier, o.limit_version,
                coalesce((SELECT sum(CASE t.kind WHEN 'top_up' THEN t.amount ELSE -t.amount END)
                    FROM wallet w JOIN transfer t ON t.wallet_id = w.id
                    WHERE w.organization_id = o.id
                        AND t.kind IN ('top_up', 'charge_back')), 0)::bigint AS recharged,
            """;

    private Standings() {}

    /// What changed after `version`; 0 tells of all organizations.
    public static Changes since(Handle handle, long version) {
        Map<OrganizationId, LimitStanding> standings = new HashMap<>();
        long latest =
                handle
                        .createQuery(
                                COLUMNS
                                        + ZonePeriods.COLUMNS
                                        + "FROM organization o WHERE o.limit_version > :version")
                        .bind("version", version)
                        .map(
                                (row, _) -> {
                                    standings.put(organization(row), bare(row));
                                    return row.getLong("limit_version");
                                })
                        .stream()
                        .mapToLong(each -> each)
                        .reduce(version, Math::max);
        addOwn(handle, standings);
        return new Changes(latest, standings);
    }

    static @Nullable LimitStanding of(Handle handle, OrganizationId organization) {
        Map<OrganizationId, LimitStanding> standings = new HashMap<>();
        handle.createQuery(COLUMNS + ZonePeriods.COLUMNS + "FROM organization o WHERE o.id = :id")
                .bind("id", organization.uuid())
                .map((row, _) -> standings.put(organization(row), bare(row)))
                .list();
        addOwn(handle, standings);
        return standings.get(organization);
    }

    private static OrganizationId organization(ResultSet row) throws SQLException {
        return new OrganizationId(row.getObject("id", UUID.class));
    }

    private static LimitStanding bare(ResultSet row) throws SQLException {
        return new LimitStanding(
                row.getLong("recharged"),
                row.getString("limit_tier"),
                Map.of(),
                ZonePeriods.read(row, PeriodLength.DAY));
    }

    private static void addOwn(Handle handle, Map<OrganizationId, LimitStanding> standings) {
        if (standings.isEmpty()) {
            return;
        }
        Map<OrganizationId, Map<Subject, Limits>> own = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT organization_id, scope, subject_id, model, concurrency, rpm, tpm, tpd
                        FROM own_limit WHERE organization_id = ANY (:organizations)
                        """)
                .bind(
                        "organizations",
                        SqlArrays.column("uuid", standings.keySet(), OrganizationId::uuid))
                .map(
                        (row, _) ->
                                own.computeIfAbsent(
                                                new OrganizationId(
                                                        row.getObject(
                                                                "organization_id", UUID.class)),
                                                _ -> new HashMap<>())
                                        .put(subject(row), limits(row)))
                .list();
        own.forEach(
                (organization, limits) ->
                        standings.computeIfPresent(
                                organization, (_, bare) -> bare.withOwn(limits)));
    }

    private static Subject subject(ResultSet row) throws SQLException {
        String model = row.getString("model");
        return new Subject(
                LimitScope.parse(row.getString("scope")),
                row.getObject("subject_id", UUID.class),
                model.isEmpty() ? null : new ModelId(model));
    }

    private static Limits limits(ResultSet row) throws SQLException {
        return new Limits(
                limit(row, "concurrency"), limit(row, "rpm"), limit(row, "tpm"), limit(row, "tpd"));
    }

    private static long limit(ResultSet row, String column) throws SQLException {
        long limit = row.getLong(column);
        return row.wasNull() ? Limits.NONE : limit;
    }
}
