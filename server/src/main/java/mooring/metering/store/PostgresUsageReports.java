package mooring.metering.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.metering.UsageReports;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Reports from the roll-up; only the broken minutes at either end of a span read settlements.
public final class PostgresUsageReports implements UsageReports {

    /// The most rows of one page.
    private static final int MAX_LIMIT = 1_000;

    private final Jdbi jdbi;

    public PostgresUsageReports(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public List<Row> usage(
            OrganizationId organization, Instant from, Instant to, Set<Grouping> grouping) {
        return jdbi.withHandle(
                handle -> {
                    Optional<Currency> currency = currency(handle, organization);
                    if (currency.isEmpty()) {
                        return List.<Row>of();
                    }
                    List<Row> rows = sums(handle, organization, from, to, grouping, currency.get());
                    boolean total = grouping.isEmpty() && rows.isEmpty();
                    return total ? List.of(nothing(currency.get())) : rows;
                });
    }

    @Override
    public List<SettledRequest> requests(
            OrganizationId organization, @Nullable RequestId after, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "SELECT "
                                                + SettlementRows.COLUMNS
                                                + """
                                                FROM settlement
                                                WHERE organization_id = :organization
                                                    AND (CAST(:after AS uuid) IS NULL
                                                        OR request_id < CAST(:after AS uuid))
                                                ORDER BY request_id DESC LIMIT :limit
                                                """)
                                .bind("organization", organization.uuid())
                                .bindByType(
                                        "after", after == null ? null : after.uuid(), UUID.class)
                                .bind("limit", Math.clamp(limit, 0, MAX_LIMIT))
                                .map((row, _) -> SettlementRows.read(row))
                                .list());
    }

    private static Optional<Currency> currency(Handle handle, OrganizationId organization) {
        return handle.createQuery("SELECT currency FROM organization WHERE id = :organization")
                .bind("organization", organization.uuid())
                .map((row, _) -> new Currency(row.getString("currency")))
                .findOne();
    }

    private static List<Row> sums(
            Handle handle,
            OrganizationId organization,
            Instant from,
            Instant to,
            Set<Grouping> grouping,
            Currency currency) {
        Instant firstWhole = from.plus(Duration.ofMinutes(1).minusNanos(1));
        firstWhole = firstWhole.truncatedTo(ChronoUnit.MINUTES);
        Instant endWhole = to.truncatedTo(ChronoUnit.MINUTES);
        if (firstWhole.isAfter(endWhole)) {
            // No whole minute: the first edge is the whole span.
            firstWhole = to;
            endWhole = to;
        }
        return handle.createQuery(
                        """
                        SELECT CASE WHEN :by_model THEN u.model END AS by_model,
                            CASE WHEN :by_key THEN u.api_key_id END AS by_key,
                            CASE WHEN :by_day THEN (u.at AT TIME ZONE 'UTC')::date END AS by_day,
                            sum(u.requests) AS requests, sum(u.input_uncached) AS input_uncached,
                            sum(u.cache_read) AS cache_read,
                            sum(u.cache_write_5m) AS cache_write_5m,
                            sum(u.cache_write_1h) AS cache_write_1h, sum(u.output) AS output,
                            sum(u.reasoning) AS reasoning, sum(u.charge) AS charge
                        FROM (
                            SELECT minute AS at, api_key_id, model, requests, input_uncached,
                                cache_read, cache_write_5m, cache_write_1h, output, reasoning,
                                charge
                            FROM usage_minute
                            WHERE organization_id = :organization
                                AND minute >= :first_whole AND minute < :end_whole
                            UNION ALL
                            SELECT finished_at, api_key_id, model, 1, input_uncached, cache_read,
                                cache_write_5m, cache_write_1h, output, reasoning, charge
                            FROM settlement
                            WHERE organization_id = :organization
                                AND finished_at >= :from AND finished_at < :first_whole
                            UNION ALL
                            SELECT finished_at, api_key_id, model, 1, input_uncached, cache_read,
                                cache_write_5m, cache_write_1h, output, reasoning, charge
                            FROM settlement
                            WHERE organization_id = :organization
                                AND finished_at >= :end_whole AND finished_at < :to
                        ) u
                        GROUP BY 1, 2, 3
                        ORDER BY by_day, by_model, by_key
                        """)
                .bind("by_model", grouping.contains(Grouping.MODEL))
                .bind("by_key", grouping.contains(Grouping.KEY))
                .bind("by_day", grouping.contains(Grouping.DAY))
                .bind("organization", organization.uuid())
                .bind("from", from)
                .bind("to", to)
                .bind("first_whole", firstWhole)
                .bind("end_whole", endWhole)
                .map((row, _) -> row(row, currency))
                .list();
    }

    private static Row row(ResultSet row, Currency currency) throws SQLException {
        String model = row.getString("by_model");
        UUID key = row.getObject("by_key", UUID.class);
        return new Row(
                model == null ? null : new ModelId(model),
                key == null ? null : new KeyId(key),
                row.getObject("by_day", LocalDate.class),
                sum(row, "requests"),
                new Usage(
                        sum(row, "input_uncached"),
                        sum(row, "cache_read"),
                        sum(row, "cache_write_5m"),
                        sum(row, "cache_write_1h"),
                        sum(row, "output"),
                        sum(row, "reasoning")),
                new Money(sum(row, "charge"), currency));
    }

    private static Row nothing(Currency currency) {
        return new Row(null, null, null, 0, Usage.NONE, Money.zero(currency));
    }

    private static long sum(ResultSet row, String column) throws SQLException {
        return row.getBigDecimal(column).longValueExact();
    }
}
