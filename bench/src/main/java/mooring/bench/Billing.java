package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/// The books held against what clients got, and against themselves. They are read from the
/// database, because pages of the request log would take longer than the requests.
final class Billing {

    private static final int NANO_DIGITS = 9;

    /// What stays of a measurement's work once nothing runs and everything is booked: nothing but
    /// what the living have at hand for the next request.
    private static final String REST =
            """
            SELECT (SELECT count(*) FROM lease l JOIN node n ON n.id = l.node_id
                    WHERE l.epoch <> n.epoch),
                (SELECT coalesce(sum(in_use), 0) FROM lease),
                (SELECT coalesce(sum(held), 0) FROM wallet_balance)
                    - (SELECT coalesce(sum(amount), 0) FROM lease)
            """;

    private static final int SUM_COLUMNS = 11;

    private final Report.Tally once;
    private final Report.Tally notTwice;
    private final Report.Tally sums;
    private final Report.Tally wallets;
    private final Report.Tally verified;

    Billing(Report report) {
        once = report.tally("every complete answer billed once, with its tokens");
        notTwice = report.tally("no request billed twice");
        sums = report.tally("log = key = roll-up = usage report");
        wallets = report.tally("credit − wallet = Σ payable in the log");
        verified = report.tally("ledger verify finds nothing");
    }

    /// One settled request.
    record Row(String id, String label, String model, Tokens tokens) {}

    /// What is still set aside or open, in words; empty when nothing is.
    static String open(Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(REST)) {
            row.next();
            String text =
                    "leases of earlier lives %d, in use %d, held beyond leases %d"
                            .formatted(row.getLong(1), row.getLong(2), row.getLong(3));
            return row.getLong(1) == 0 && row.getLong(2) == 0 && row.getLong(3) == 0 ? "" : text;
        }
    }

    static Map<String, List<Row>> rows(Connection database, Collection<String> labels)
            throws SQLException {
        Map<String, List<Row>> rows = new HashMap<>();
        try (PreparedStatement select =
                database.prepareStatement(
                        """
                        SELECT request_id, client_request_id, model, input_uncached, cache_read,
                            output, reasoning
                        FROM settlement WHERE client_request_id = ANY (?)
                        """)) {
            select.setArray(1, database.createArrayOf("text", labels.toArray()));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Row one =
                            new Row(
                                    "req_" + row.getString(1).replace("-", ""),
                                    row.getString(2),
                                    row.getString(3),
                                    new Tokens(
                                            row.getLong(4),
                                            row.getLong(5),
                                            row.getLong(6),
                                            row.getLong(7)));
                    rows.computeIfAbsent(one.label(), _ -> new ArrayList<>()).add(one);
                }
            }
        }
        return rows;
    }

    /// Each answer against the log; returns the log's rows.
    Map<String, List<Row>> answers(Connection database, Collection<Got> answers)
            throws SQLException {
        Map<String, List<Row>> rows = rows(database, answers.stream().map(Got::label).toList());
        for (Got got : answers) {
            List<Row> its = rows.getOrDefault(got.label(), List.of());
            notTwice.expect(its.size() <= 1, got.label() + ": " + its);
            if (got.delivered()) {
                once.expect(
                        its.size() == 1
                                && its.getFirst().tokens().equals(got.usage())
                                && its.getFirst().id().equals(got.requestId()),
                        got + ", settled " + its);
            }
        }
        return rows;
    }

    /// The sums of all that was ever billed, wherever they are kept.
    void books(
            Connection database, Operator operator, List<Operator.Customer> customers, Sums expect)
            throws SQLException, IOException, InterruptedException {
        for (Operator.Customer customer : customers) {
            UUID id = uuid(customer.id());
            Map<String, List<BigDecimal>> log = sums(database, "count(*)", "settlement", id);
            Map<String, List<BigDecimal>> minutes =
                    sums(database, "sum(requests)", "usage_minute", id);
            sums.expectEqual(customer.id() + " by key, log and roll-up", minutes, log);
            BigDecimal requests = column(log, 0);
            BigDecimal charge = column(log, 7).movePointLeft(NANO_DIGITS);
            BigDecimal payable = column(log, 8).movePointLeft(NANO_DIGITS);
            JsonNode report = operator.usageTotals(customer.id(), expect.from());
            sums.expectEqual(
                    customer.id() + " requests reported",
                    report.path("requests").asLong(),
                    requests.longValueExact());
            BigDecimal cost = new BigDecimal(report.path("cost").path("amount").asText("0"));
            sums.expect(
                    cost.compareTo(charge) == 0,
                    customer.id() + ": " + cost + " (expected: " + charge + ")");
            BigDecimal posted = operator.balance(customer.id()).posted();
            wallets.expect(
                    expect.credit().subtract(posted).compareTo(payable) == 0,
                    "%s: posted %s (expected: %s − %s)"
                            .formatted(customer.id(), posted, expect.credit(), payable));
        }
        notTwice.expectEqual("requests in the log twice", twice(database), 0L);
        List<String> violations = operator.violations();
        verified.expect(violations.isEmpty(), violations.toString());
    }

    /// @param credit what each customer was given
    /// @param from before the first request
    record Sums(BigDecimal credit, Instant from) {}

    private static long twice(Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                """
                                SELECT count(*) FROM (SELECT FROM settlement GROUP BY request_id
                                    HAVING count(*) > 1) twice
                                """)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static Map<String, List<BigDecimal>> sums(
            Connection database, String count, String table, UUID organization)
            throws SQLException {
        Map<String, List<BigDecimal>> sums = new TreeMap<>();
        try (PreparedStatement select =
                database.prepareStatement(
                        """
            SELECT api_key_id, %s, sum(input_uncached), sum(cache_read), sum(cache_write_5m),
                sum(cache_write_1h), sum(output), sum(reasoning), sum(charge), sum(payable),
                sum(shortfall)
            FROM %s WHERE organization_id = ? GROUP BY 1
            """
                                .formatted(count, table))) {
            select.setObject(1, organization);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    List<BigDecimal> columns = new ArrayList<>();
                    for (int i = 2; i <= SUM_COLUMNS; i++) {
                        columns.add(row.getBigDecimal(i));
                    }
                    sums.put(row.getString(1), columns);
                }
            }
        }
        return sums;
    }

    private static BigDecimal column(Map<String, List<BigDecimal>> sums, int index) {
        return sums.values().stream()
                .map(columns -> columns.get(index))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    static UUID uuid(String organization) {
        String hex = organization.substring(organization.indexOf('_') + 1);
        return UUID.fromString(
                hex.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5"));
    }
}
