package mooring.metering.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.metering.Ending;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestLog.Filter;
import mooring.metering.Served;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.statement.Query;

/// Settlements and released requests as rows of one log.
final class RequestRows {

    private static final String COMMON =
            """
            request_id, project_id, api_key_id, model, tier, client_request_id, admitted_at,
            finished_at, streamed, replica, attempts, timeline, node_id
            """;

    private static final String SETTLED =
            "SELECT "
                    + COMMON
                    + """
                    , CAST(NULL AS text) AS problem, ending, estimated, input_uncached, cache_read,
                    cache_write_5m, cache_write_1h, output, reasoning, calls::text AS calls,
                    price_version_id, currency, charge, payable, shortfall
                    FROM settlement
                    """;

    private static final String RELEASED =
            "SELECT "
                    + COMMON
                    + """
                    , problem, CAST(NULL AS text), CAST(NULL AS boolean), 0::bigint, 0::bigint,
                    0::bigint, 0::bigint, 0::bigint, 0::bigint, CAST(NULL AS text),
                    CAST(NULL AS uuid), CAST(NULL AS text), 0::bigint, 0::bigint, 0::bigint
                    FROM released_request
                    """;

    private RequestRows() {}

    /// Newest first, of `[:first, :bound)` by id. The span stands in each half, so that only its
    /// days' partitions are touched.
    static String span(Filter filter) {
        String span =
                """
                WHERE organization_id = :organization AND request_id >= :first
                    AND request_id < :bound AND day BETWEEN :first_day AND :last_day
                """
                        + conditions(filter);
        String settled = SETTLED + span + money(filter) + statuses(filter, "lower(ending)");
        String released =
                RELEASED
                        + span
                        + statuses(
                                filter, "coalesce(problem, '" + LoggedRequest.CALLER_LEFT + "')");
        boolean charged = filter.minCost() != null && filter.minCost().nanos() > 0;
        return (charged ? settled : settled + " UNION ALL " + released)
                + " ORDER BY request_id DESC";
    }

    static String byId() {
        String where =
                """
                WHERE day = :day AND request_id = :id AND organization_id = :organization
                """;
        return SETTLED + where + " UNION ALL " + RELEASED + where + " LIMIT 1";
    }

    private static String conditions(Filter filter) {
        return (filter.clientRequestId() == null ? "" : " AND client_request_id = :client")
                + (filter.key() == null ? "" : " AND api_key_id = :key")
                + (filter.project() == null ? "" : " AND project_id = :project")
                + (filter.model() == null ? "" : " AND model = :model");
    }

    private static String money(Filter filter) {
        return (filter.minCost() == null ? "" : " AND charge >= :min_cost")
                + (filter.maxCost() == null ? "" : " AND charge <= :max_cost");
    }

    private static String statuses(Filter filter, String status) {
        return filter.statuses().isEmpty() ? "" : " AND " + status + " = ANY (:statuses)";
    }

    static void bind(Query query, Filter filter) {
        if (filter.clientRequestId() != null) {
            query.bind("client", filter.clientRequestId());
        }
        if (filter.key() != null) {
            query.bind("key", filter.key().uuid());
        }
        if (filter.project() != null) {
            query.bind("project", filter.project().uuid());
        }
        if (filter.model() != null) {
            query.bind("model", filter.model().text());
        }
        if (filter.minCost() != null) {
            query.bind("min_cost", filter.minCost().nanos());
        }
        if (filter.maxCost() != null) {
            query.bind("max_cost", filter.maxCost().nanos());
        }
        if (!filter.statuses().isEmpty()) {
            query.bind("statuses", SqlArrays.column("text", filter.statuses(), word -> word));
        }
    }

    static LoggedRequest read(ResultSet row) throws SQLException {
        String ending = row.getString("ending");
        return new LoggedRequest(
                new RequestId(row.getObject("request_id", UUID.class)),
                new ProjectId(row.getObject("project_id", UUID.class)),
                new KeyId(row.getObject("api_key_id", UUID.class)),
                new ModelId(row.getString("model")),
                RowText.tier(row.getString("tier")),
                row.getString("client_request_id"),
                PostgresUsageReports.instant(row, "admitted_at"),
                PostgresUsageReports.instant(row, "finished_at"),
                row.getBoolean("streamed"),
                new Served(
                        row.getString("replica"),
                        row.getInt("attempts"),
                        RowText.timeline(row.getArray("timeline"))),
                row.getString("node_id"),
                ending == null ? null : bill(row, ending),
                row.getString("problem"),
                false);
    }

    private static LoggedRequest.Bill bill(ResultSet row, String ending) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        return new LoggedRequest.Bill(
                Ending.valueOf(ending),
                row.getBoolean("estimated"),
                new Usage(
                        row.getLong("input_uncached"),
                        row.getLong("cache_read"),
                        row.getLong("cache_write_5m"),
                        row.getLong("cache_write_1h"),
                        row.getLong("output"),
                        row.getLong("reasoning")),
                RowText.calls(row.getString("calls")),
                new PriceVersionId(row.getObject("price_version_id", UUID.class)),
                new Money(row.getLong("charge"), currency),
                new Money(row.getLong("payable"), currency),
                new Money(row.getLong("shortfall"), currency));
    }
}
