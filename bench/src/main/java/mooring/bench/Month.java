package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A month of one organization's usage, and one of its requests, among very many. The database
/// makes the settlements; the sums are built by the functions that the server's own job calls.
@Command(
        name = "month",
        mixinStandardHelpOptions = true,
        description = "a month's usage by model and day, and a request by id, at 10 M settlements")
final class Month extends Measurement {

    private static final long BAR_SETTLEMENTS = 10_000_000;
    private static final double BAR_MONTH_SECONDS = 0.2;
    private static final double BAR_REQUEST_SECONDS = 0.05;
    private static final int RUNS = 5;
    private static final int DAYS = 31;

    @Option(names = "--settlements", description = "how many (default: ${DEFAULT-VALUE})")
    private long settlements = BAR_SETTLEMENTS;

    @Override
    boolean fullSize() {
        return settlements >= BAR_SETTLEMENTS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException, SQLException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        ServerInstance server =
                ServerInstance.start(
                        bench, bench.folder().resolve("data"), offer.catalog(), offer.prices());
        Operator operator = server.operator();
        Operator.Customer customer = operator.createCustomer("A month", "1");
        LocalDate end = Machine.today().minusDays(1);
        LocalDate first = end.minusDays(DAYS);
        String request;
        try (Connection database = server.database().connect()) {
            long start = System.nanoTime();
            for (LocalDate day = first; day.isBefore(end); day = day.plusDays(1)) {
                fill(database, customer.id(), day, settlements / DAYS);
                bench.say("month: filled " + day);
            }
            request = sum(database, end);
            bench.say("month: made in " + Machine.seconds(Machine.secondsSince(start)));
        }
        String here = "/api/v1/organizations/" + customer.id();
        String report =
                here
                        + "/usage?group_by=model&group_by=day&from="
                        + first.atStartOfDay(ZoneOffset.UTC).toInstant()
                        + "&to="
                        + end.atStartOfDay(ZoneOffset.UTC).toInstant();
        double[] months = new double[RUNS];
        double[] requests = new double[RUNS];
        double[] controls = new double[RUNS];
        Report found =
                new Report(settlements / DAYS * DAYS + " settlements over " + DAYS + " days");
        Report.Tally whole = found.tally("the report counts every settlement");
        Report.Tally own = found.tally("the request is the one that was asked for");
        operator.get(report);
        for (int run = 0; run < RUNS; run++) {
            long start = System.nanoTime();
            operator.get("/api/v1/version");
            controls[run] = Machine.secondsSince(start);
            start = System.nanoTime();
            JsonNode usage = operator.get(report);
            months[run] = Machine.secondsSince(start);
            whole.expectEqual(
                    "requests", usage.at("/totals/requests").asLong(), settlements / DAYS * DAYS);
            start = System.nanoTime();
            JsonNode one = operator.get(here + "/requests/" + request);
            requests[run] = Machine.secondsSince(start);
            own.expectEqual("id", one.path("id").asText(), request);
        }
        double month = Machine.median(months);
        double byId = Machine.median(requests);
        found.timedLine(
                "month by model and day, median",
                millis(month),
                "≤ " + millis(BAR_MONTH_SECONDS),
                month <= BAR_MONTH_SECONDS);
        found.timedLine(
                "request by id, median",
                millis(byId),
                "≤ " + millis(BAR_REQUEST_SECONDS),
                byId <= BAR_REQUEST_SECONDS);
        found.note(
                "control: an answer without a database, median", millis(Machine.median(controls)));
        found.headline(
                "month %s, request by id %s at %d settlements (bare answer %s)"
                        .formatted(
                                millis(month),
                                millis(byId),
                                settlements / DAYS * DAYS,
                                millis(Machine.median(controls))));
        server.stop();
        return found;
    }

    private static String millis(double seconds) {
        return Machine.decimal(seconds * 1000, 1) + " ms";
    }

    /// Five models, twenty keys, two projects, spread evenly over the day.
    private static void fill(Connection database, String organization, LocalDate day, long count)
            throws SQLException {
        try (Statement partitions = database.createStatement()) {
            partitions.execute("SELECT make_usage_partitions('" + day + "', '" + day + "')");
        }
        UUID id = Billing.uuid(organization);
        try (PreparedStatement insert =
                database.prepareStatement(
                        """
                        INSERT INTO settlement (day, request_id, organization_id, api_key_id,
                            wallet_id, model, admitted_at, finished_at, streamed, ending,
                            estimated, prompt, input_uncached, cache_read, cache_write_5m,
                            cache_write_1h, output, reasoning, price_version_id, currency, charge,
                            payable, shortfall, held, booking, node_id, project_id, timeline)
                        SELECT ?::date, ids.id, ?, ('00000000-0000-4000-8000-0000000000'
                                || lpad(to_hex(n % 20), 2, '0'))::uuid, ?, 'model-' || n % 5, at,
                            at + interval '1 second', true, 'STOP', false, 100, 60, 40, 0, 0, 50,
                            0, v.id, 'USD', 1000, 1000, 0, 0, ?, 'bench',
                            ('00000000-0000-4000-9000-00000000000' || n % 2)::uuid,
                            '{10,20,30,40,50,60}'
                        FROM (SELECT n, at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint),
                                12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
                                || lpad(to_hex(n), 15, '0'))::uuid AS id
                            FROM (SELECT n, ?::timestamptz + interval '23 hours' * n / ? AS at
                                FROM generate_series(0::bigint, ? - 1) n) spread) ids,
                            (SELECT id FROM price_version ORDER BY number LIMIT 1) v
                        """)) {
            insert.setString(1, day.toString());
            insert.setObject(2, id);
            insert.setObject(3, id);
            insert.setObject(4, id);
            insert.setString(5, day.atStartOfDay(ZoneOffset.UTC).toInstant().toString());
            insert.setLong(6, count);
            insert.setLong(7, count);
            insert.executeUpdate();
        }
    }

    /// Minutes as settling adds them, hours and days as the job builds them; returns a request.
    private static String sum(Connection database, LocalDate end) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute(
                    """
                    INSERT INTO usage_minute (organization_id, minute, project_id, api_key_id,
                        model, tier, price_version_id, shard, requests, input_uncached, cache_read,
                        cache_write_5m, cache_write_1h, output, reasoning, charge, payable,
                        shortfall)
                    SELECT organization_id, date_trunc('minute', finished_at, 'UTC'), project_id,
                        api_key_id, model, tier, price_version_id, 0, count(*),
                        sum(input_uncached), sum(cache_read), sum(cache_write_5m),
                        sum(cache_write_1h), sum(output), sum(reasoning), sum(charge),
                        sum(payable), sum(shortfall)
                    FROM settlement GROUP BY 1, 2, 3, 4, 5, 6, 7
                    """);
            statement.execute("SELECT close_usage('" + end + "T00:00:00Z')");
            statement.execute("SELECT roll_up_usage()");
            statement.execute("ANALYZE");
            try (ResultSet row =
                    statement.executeQuery(
                            "SELECT request_id FROM settlement ORDER BY request_id"
                                    + " OFFSET 1000 LIMIT 1")) {
                row.next();
                return "req_" + row.getString(1).replace("-", "");
            }
        }
    }
}
