package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import mooring.json.Json;
import mooring.ledger.LedgerWorld.Customer;
import mooring.testing.Await;
import mooring.testing.Settlements;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Exports over HTTP: whole, safe, and no faster than they are read.
class ExportTest {

    private static final Instant FROM = Instant.parse("2026-08-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2026-08-02T00:00:00Z");
    private static final int COUNT = 200_000;

    private static ManagementWorld world;
    private static Customer customer;
    private static HttpClient client;

    @BeforeAll
    static void open() {
        world = new ManagementWorld();
        customer = world.ledger.customer("exports", "1");
        Settlements.spread(world.ledger, customer, FROM, TO, COUNT);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void close() {
        client.close();
        world.close();
    }

    @Test
    void anExportOfAnySizeWaitsForItsReaderInsteadOfFillingMemory() throws Exception {
        HttpResponse<InputStream> response = export("/requests/export?from=" + FROM + "&to=" + TO);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/csv"));
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String first = lines.readLine();
            assertThat(first).startsWith("id,client_request_id,project_id,");
            // Most of it is still in the database, behind a cursor that nobody asks for more.
            Await.until("the export waits", Duration.ofSeconds(30), ExportTest::waits);
            long rows = 0;
            long output = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                rows++;
                output += line.contains(",stop,") || line.contains(",length,") ? 1 : 0;
            }
            assertThat(rows).isEqualTo(COUNT);
            assertThat(output).isEqualTo(COUNT);
        }
    }

    @Test
    void aCallersTextIsNeverAFormulaInASpreadsheet() throws Exception {
        String csv =
                text(
                        export(
                                "/requests/export?client_request_id=%3Dcmd%7C7%22x%2C%20y&from="
                                        + FROM
                                        + "&to="
                                        + TO));
        List<String> lines = csv.lines().toList();
        assertThat(csv).contains("\r\n");
        assertThat(lines).hasSize(2);
        assertThat(lines.get(1)).contains(",\"'=cmd|7\"\"x, y\",");
        String json =
                text(
                        export(
                                "/requests/export?format=ndjson&min_cost=0.000199999&from="
                                        + FROM
                                        + "&to="
                                        + TO));
        assertThat(json.lines()).hasSize(1);
        assertThat(Json.MAPPER.readTree(json).at("/cost/amount").asText()).isEqualTo("0.000199999");
    }

    @Test
    void usageIsExportedInTheRowsThatItIsShownIn() throws Exception {
        String csv =
                text(
                        export(
                                "/usage/export?group_by=model&group_by=day&zone=Asia/Kathmandu&from="
                                        + FROM
                                        + "&to="
                                        + TO.plusSeconds(60)));
        assertThat(csv.lines().toList().getFirst()).startsWith("model,day,requests,");
        assertThat(csv.lines().skip(1).mapToLong(line -> Long.parseLong(line.split(",")[2])).sum())
                .isEqualTo(COUNT);
        assertThat(csv).contains("kauri,2026-08-01,").contains("kauri,2026-08-02,");
    }

    @Test
    void aRequestIsShownWithItsWayAndItsPrice() throws Exception {
        var page = world.get(here() + "/requests?limit=1&from=" + FROM + "&to=" + TO);
        var one = world.get(here() + "/requests/" + page.text("/data/0/id"));
        assertThat(one.at("/timeline/first_token_micros").asLong()).isEqualTo(50);
        assertThat(one.at("/timeline/finished_micros").asLong()).isEqualTo(1_000_020);
        assertThat(one.text("/price_lines/1/item")).isEqualTo("output");
        assertThat(one.text("/status")).isEqualTo("stop");
        assertThat(world.get(here() + "/requests/req_" + "0".repeat(32)).status()).isEqualTo(404);
    }

    @Test
    void anUnknownZoneOrTwoTimesAreRefused() {
        assertThat(world.get(here() + "/usage?zone=Mars/Olympus").problem())
                .isEqualTo(
                        "zone: \"Mars/Olympus\" (expected: a zone of the IANA database such as Pacific/Auckland)");
        assertThat(world.get(here() + "/usage?group_by=day&group_by=hour").status()).isEqualTo(400);
        assertThat(world.get(here() + "/usage?group_by=minute&from=2020-01-01T00:00:00Z").problem())
                .contains("at most 10000 days, hours or minutes");
    }

    @Test
    void b40ANodeThatFellSilentIsNamedSoThatItsSilenceIsNotTakenForZero() {
        assertThat(world.get(here() + "/usage").at("/silent_nodes").size()).isZero();
        world.ledger.jdbi.useHandle(
                handle ->
                        handle.execute(
                                """
                                INSERT INTO node (id, epoch, started_at, leases_until)
                                VALUES ('node-b', 1, now() - interval '1 hour',
                                    now() - interval '1 minute')
                                """));
        assertThat(world.get(here() + "/usage").text("/silent_nodes/0/node")).isEqualTo("node-b");
        world.ledger.jdbi.useHandle(
                handle -> handle.execute("UPDATE node SET lost_at = now() WHERE id = 'node-b'"));
        assertThat(world.get(here() + "/usage").at("/silent_nodes").size()).isZero();
    }

    private static boolean waits() {
        return world.ledger.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT EXISTS (SELECT FROM pg_stat_activity
                                            WHERE datname = current_database()
                                            AND state = 'idle in transaction'
                                            AND query LIKE '%FROM settlement%')
                                        """)
                                .mapTo(Boolean.class)
                                .one());
    }

    private static String here() {
        return "/api/v1/organizations/" + customer.organization().id();
    }

    private static HttpResponse<InputStream> export(String path)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(world.url() + here() + path))
                        .header("Authorization", "Bearer " + ManagementWorld.OPERATOR_KEY)
                        .timeout(ManagementWorld.PATIENCE)
                        .build(),
                BodyHandlers.ofInputStream());
    }

    private static String text(HttpResponse<InputStream> response) throws IOException {
        try (InputStream in = response.body()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
