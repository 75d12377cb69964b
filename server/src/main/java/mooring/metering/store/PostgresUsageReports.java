package mooring.metering.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.metering.UsageReports;
import mooring.metering.store.UsageSpan.Level;
import mooring.metering.store.UsageSpan.Piece;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/// Reports from the roll-ups, each stretch of time from the coarsest one that has it; only broken
/// minutes at either end of a span read single requests.
///
/// All of a report is read in one snapshot, so what is settled counts once: in its minute until its
/// hour is built, never in both.
public final class PostgresUsageReports implements UsageReports {

    /// The longest answer that a request may have taken.
    private static final Duration LONGEST_REQUEST = Duration.ofDays(2);

    /// What a group of the roll-up sums to, its price version still apart.
    record Sums(
            int bucket,
            @Nullable String model,
            @Nullable UUID key,
            @Nullable UUID project,
            @Nullable String tier,
            @Nullable UUID priceVersion,
            long requests,
            Usage usage,
            long charge,
            long adjusted) {}

    private final Jdbi jdbi;

    public PostgresUsageReports(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public List<Row> usage(Query query) {
        return jdbi.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ, handle -> usage(handle, query));
    }

    @Override
    public List<Silent> silentNodes() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, leases_until FROM node
                                        WHERE leases_until < clock_timestamp() AND lost_at IS NULL
                                        ORDER BY leases_until LIMIT 100
                                        """)
                                .map(
                                        (row, _) ->
                                                new Silent(
                                                        row.getString("id"),
                                                        instant(row, "leases_until")))
                                .list());
    }

    private static List<Row> usage(Handle handle, Query query) {
        Optional<Currency> currency = currency(handle, query.organization());
        if (currency.isEmpty()) {
            return List.of();
        }
        UsageSpan span =
                UsageSpan.of(
                        query.from(),
                        query.to(),
                        query.zone(),
                        query.grouping(),
                        progress(handle, query));
        refuseArchivedEdges(handle, span);
        List<Sums> sums = sums(handle, query, span);
        List<Row> rows =
                query.grouping().contains(Grouping.CLASS)
                        ? ClassSplit.of(handle, sums, span, query.grouping(), currency.get())
                        : sums.stream().map(one -> row(one, span, query, currency.get())).toList();
        boolean total = query.grouping().isEmpty() && rows.isEmpty();
        return total ? List.of(nothing(currency.get())) : sorted(rows);
    }

    private static Optional<Currency> currency(Handle handle, OrganizationId organization) {
        return handle.createQuery("SELECT currency FROM organization WHERE id = :organization")
                .bind("organization", organization.uuid())
                .map((row, _) -> new Currency(row.getString("currency")))
                .findOne();
    }

    private static UsageSpan.Progress progress(Handle handle, Query query) {
        Set<Instant> reopened =
                new HashSet<>(
                        handle.createQuery(
                                        """
                                        SELECT DISTINCT hour FROM usage_reopened
                                        WHERE organization_id = :organization
                                        """)
                                .bind("organization", query.organization().uuid())
                                .map((row, _) -> instant(row, "hour"))
                                .list());
        return handle.createQuery("SELECT hours_until, days_until FROM usage_progress")
                .map(
                        (row, _) ->
                                new UsageSpan.Progress(
                                        instant(row, "hours_until"),
                                        instant(row, "days_until"),
                                        reopened::contains))
                .one();
    }

    /// A day's single requests may be gone; its minutes never are.
    private static void refuseArchivedEdges(Handle handle, UsageSpan span) {
        for (Piece piece : span.pieces) {
            if (piece.level() != Level.RAW) {
                continue;
            }
            boolean archived =
                    handle.createQuery(
                                    """
                                    SELECT EXISTS (SELECT FROM usage_archive
                                        WHERE kind = 'settlement'
                                        AND day BETWEEN :first AND :last)
                                    """)
                            .bind(
                                    "first",
                                    piece.from()
                                            .minus(LONGEST_REQUEST)
                                            .atZone(ZoneOffset.UTC)
                                            .toLocalDate())
                            .bind("last", piece.to().atZone(ZoneOffset.UTC).toLocalDate())
                            .mapTo(Boolean.class)
                            .one();
            if (archived) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "from",
                                piece.from(),
                                "whole minutes: the single requests of that day are archived"));
            }
        }
    }

    private static List<Sums> sums(Handle handle, Query query, UsageSpan span) {
        Set<Grouping> by = query.grouping();
        boolean classes = by.contains(Grouping.CLASS);
        String groups =
                "p.bucket"
                        + column(by.contains(Grouping.MODEL) || classes, "u.model", "text", "model")
                        + column(by.contains(Grouping.KEY), "u.api_key_id", "uuid", "key")
                        + column(by.contains(Grouping.PROJECT), "u.project_id", "uuid", "project")
                        + column(by.contains(Grouping.TIER) || classes, "u.tier", "text", "tier")
                        + column(classes, "u.price_version_id", "uuid", "version");
        List<String> parts = new ArrayList<>();
        for (Level level : Level.values()) {
            if (span.pieces.stream().anyMatch(piece -> piece.level() == level)) {
                parts.add(part(level, groups, query.filter()));
            }
        }
        if (parts.isEmpty()) {
            return List.of();
        }
        parts.add(adjustments(groups, query.filter()));
        String sql =
                """
                SELECT bucket, model, key, project, tier, version, sum(requests) AS requests,
                    sum(input_uncached) AS input_uncached, sum(cache_read) AS cache_read,
                    sum(cache_write_5m) AS cache_write_5m, sum(cache_write_1h) AS cache_write_1h,
                    sum(output) AS output, sum(reasoning) AS reasoning, sum(charge) AS charge,
                    sum(adjusted) AS adjusted
                FROM (
                """
                        + String.join(" UNION ALL ", parts)
                        + ") u GROUP BY 1, 2, 3, 4, 5, 6";
        var statement = handle.createQuery(sql).bind("organization", query.organization().uuid());
        Filter filter = query.filter();
        if (filter.model() != null) {
            statement.bind("model", filter.model().text());
        }
        if (filter.key() != null) {
            statement.bind("key", filter.key().uuid());
        }
        if (filter.project() != null) {
            statement.bind("project", filter.project().uuid());
        }
        if (filter.tier() != null) {
            statement.bind("tier", RowText.tier(filter.tier()));
        }
        for (Level level : Level.values()) {
            List<Piece> pieces =
                    span.pieces.stream().filter(piece -> piece.level() == level).toList();
            if (!pieces.isEmpty()) {
                statement
                        .bind(level + "_bucket", SqlArrays.column("int8", pieces, Piece::bucket))
                        .bind(
                                level + "_from",
                                SqlArrays.column(
                                        "text", pieces, piece -> text(level, piece.from())))
                        .bind(
                                level + "_to",
                                SqlArrays.column("text", pieces, piece -> text(level, piece.to())));
            }
        }
        statement
                .bind("all_bucket", SqlArrays.column("int8", span.pieces, Piece::bucket))
                .bind(
                        "all_from",
                        SqlArrays.column("text", span.pieces, piece -> piece.from().toString()))
                .bind(
                        "all_to",
                        SqlArrays.column("text", span.pieces, piece -> piece.to().toString()));
        return statement.map((row, _) -> sums(row)).list();
    }

    /// Corrections, by the instant at which they were booked.
    private static String adjustments(String groups, Filter filter) {
        return """
                SELECT %s, 0, 0, 0, 0, 0, 0, 0, 0,
                    sum(CASE u.direction WHEN 'debit' THEN u.amount ELSE -u.amount END)
                FROM unnest(:all_bucket, CAST(CAST(:all_from AS text[]) AS timestamptz[]),
                        CAST(CAST(:all_to AS text[]) AS timestamptz[])) AS p (bucket, first, bound)
                JOIN usage_adjustment u ON u.created_at >= p.first AND u.created_at < p.bound
                WHERE u.organization_id = :organization%s
                GROUP BY 1, 2, 3, 4, 5, 6
                """
                .formatted(groups, conditions(filter));
    }

    /// Sums of one roll-up over its stretches, grouped already, so that little is left to add up.
    private static String part(Level level, String groups, Filter filter) {
        String table =
                switch (level) {
                    case DAY -> "usage_day";
                    case HOUR -> "usage_hour";
                    case MINUTE -> "usage_minute";
                    case RAW -> "settlement";
                };
        String time =
                switch (level) {
                    case DAY -> "day";
                    case HOUR -> "hour";
                    case MINUTE -> "minute";
                    case RAW -> "finished_at";
                };
        String type = level == Level.DAY ? "date" : "timestamptz";
        String count = level == Level.RAW ? "count(*)" : "sum(u.requests)";
        return """
                SELECT %s, %s AS requests, sum(u.input_uncached) AS input_uncached,
                    sum(u.cache_read) AS cache_read, sum(u.cache_write_5m) AS cache_write_5m,
                    sum(u.cache_write_1h) AS cache_write_1h, sum(u.output) AS output,
                    sum(u.reasoning) AS reasoning, sum(u.charge) AS charge,
                    0 AS adjusted
                FROM unnest(:%s_bucket, CAST(CAST(:%s_from AS text[]) AS %s[]),
                        CAST(CAST(:%s_to AS text[]) AS %s[])) AS p (bucket, first, bound)
                JOIN %s u ON u.%s >= p.first AND u.%s < p.bound
                WHERE u.organization_id = :organization%s
                GROUP BY 1, 2, 3, 4, 5, 6
                """
                .formatted(
                        groups,
                        count,
                        level,
                        level,
                        type,
                        level,
                        type,
                        table,
                        time,
                        time,
                        conditions(filter));
    }

    private static String conditions(Filter filter) {
        return (filter.model() == null ? "" : " AND u.model = :model")
                + (filter.key() == null ? "" : " AND u.api_key_id = :key")
                + (filter.project() == null ? "" : " AND u.project_id = :project")
                + (filter.tier() == null ? "" : " AND u.tier = :tier");
    }

    private static String column(boolean wanted, String column, String type, String name) {
        return ", " + (wanted ? column : "CAST(NULL AS " + type + ")") + " AS " + name;
    }

    private static String text(Level level, Instant instant) {
        return level == Level.DAY
                ? instant.atZone(ZoneOffset.UTC).toLocalDate().toString()
                : instant.toString();
    }

    private static Sums sums(ResultSet row) throws SQLException {
        return new Sums(
                row.getInt("bucket"),
                row.getString("model"),
                row.getObject("key", UUID.class),
                row.getObject("project", UUID.class),
                row.getString("tier"),
                row.getObject("version", UUID.class),
                sum(row, "requests"),
                new Usage(
                        sum(row, "input_uncached"),
                        sum(row, "cache_read"),
                        sum(row, "cache_write_5m"),
                        sum(row, "cache_write_1h"),
                        sum(row, "output"),
                        sum(row, "reasoning")),
                sum(row, "charge"),
                sum(row, "adjusted"));
    }

    private static Row row(Sums sums, UsageSpan span, Query query, Currency currency) {
        boolean timed =
                query.grouping().contains(Grouping.DAY)
                        || query.grouping().contains(Grouping.HOUR)
                        || query.grouping().contains(Grouping.MINUTE);
        return row(
                sums,
                timed ? span.starts.get(sums.bucket()) : null,
                null,
                sums.usage(),
                new Money(sums.charge(), currency),
                new Money(sums.adjusted(), currency));
    }

    static Row row(
            Sums sums,
            @Nullable Instant start,
            @Nullable String tokenClass,
            Usage usage,
            Money cost,
            Money adjusted) {
        return new Row(
                sums.model() == null ? null : new ModelId(sums.model()),
                sums.key() == null ? null : new KeyId(sums.key()),
                sums.project() == null ? null : new ProjectId(sums.project()),
                sums.tier() == null ? null : RowText.tier(sums.tier()),
                tokenClass,
                start,
                sums.requests(),
                usage,
                cost,
                adjusted);
    }

    private static List<Row> sorted(List<Row> rows) {
        return rows.stream()
                .sorted(
                        Comparator.comparing(
                                        Row::start,
                                        Comparator.nullsFirst(Comparator.naturalOrder()))
                                .thenComparing(row -> row.model() == null ? "" : row.model().text())
                                .thenComparing(row -> row.key() == null ? "" : row.key().toString())
                                .thenComparing(
                                        row ->
                                                row.project() == null
                                                        ? ""
                                                        : row.project().toString())
                                .thenComparing(
                                        Row::tier, Comparator.nullsFirst(Comparator.naturalOrder()))
                                .thenComparingInt(row -> ClassSplit.order(row.tokenClass())))
                .collect(Collectors.toList());
    }

    private static Row nothing(Currency currency) {
        Money none = Money.zero(currency);
        return new Row(null, null, null, null, null, null, 0, Usage.NONE, none, none);
    }

    private static long sum(ResultSet row, String column) throws SQLException {
        return row.getBigDecimal(column).longValueExact();
    }

    static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
