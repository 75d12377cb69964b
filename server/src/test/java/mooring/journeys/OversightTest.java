package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.Test;

/// What the installation says about its own books without being asked.
class OversightTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void theBooksShowInTheMetricsAndASilentNodeRaisesAnAlarm() {
        try (TestingServer one = TestingServer.start()) {
            Customer customer = one.customer("1");
            assertThat(one.chat(customer, body("tide", "{\"output_tokens\": 5}")).status())
                    .isEqualTo(200);
            one.awaitBooked();
            assertThat(metric(one, "mooring_drain_behind_records")).isEqualTo("0.0");
            assertThat(metric(one, "mooring_drain_behind_seconds")).isEqualTo("0.0");
            assertThat(Double.parseDouble(metric(one, "mooring_journal_kept_bytes")))
                    .isGreaterThan(100);
            assertThat(metric(one, "mooring_ledger_differences")).isEqualTo("NaN");

            silentNode(one);
            one.jdbi()
                    .useHandle(
                            handle ->
                                    handle.execute(
                                            """
                                            INSERT INTO verification
                                                (checked_at, checks, differences)
                                            VALUES (now() - interval '1 hour', 20, 3)
                                            """));
            try (TestingServer other = one.anotherNode()) {
                Await.until(
                        "the metrics of another node",
                        Duration.ofSeconds(30),
                        () -> metric(other, "mooring_nodes_suspect").equals("1.0"));
                assertThat(metric(other, "mooring_ledger_differences")).isEqualTo("3.0");
                assertThat(Double.parseDouble(metric(other, "mooring_ledger_verified_age_seconds")))
                        .isBetween(3590.0, 3700.0);
            }
            Await.until(
                    "the alarm",
                    Duration.ofSeconds(30),
                    () -> !events(one, "node.suspect").isEmpty());
            assertThat(events(one, "node.suspect").getFirst()).contains("silent-node");
        }
    }

    @Test
    void tokensThatAnEngineCountedAndNobodyPaidRaiseAnAlarm() throws Exception {
        try (TestingServer server = TestingServer.start()) {
            Customer customer = server.customer("1");
            Await.until("a first reading", SOON, () -> !counts(server).path("counts").isNull());
            String answer = "{\"prompt_tokens\": 50, \"cached_tokens\": 20, \"output_tokens\": 7}";
            for (String more : List.of("\"stream\": true", "\"stream\": false")) {
                assertThat(server.chat(customer, body("tide", answer, more)).status())
                        .isEqualTo(200);
            }
            Await.until(
                    "both answers are compared",
                    SOON,
                    () -> count(server, "generated", "settled") == 14);
            assertThat(count(server, "generated", "engine")).isEqualTo(14);
            assertThat(count(server, "prompt", "settled")).isEqualTo(100);
            assertThat(count(server, "prompt", "engine")).isEqualTo(100);
            assertThat(counts(server).at("/counts/explained").asBoolean()).isTrue();

            // The caller leaves: what the engine computed of it lies within the tolerance.
            try (RawHttp leaving =
                    server.open(
                            customer,
                            body(
                                    "tide",
                                    "{\"prompt_tokens\": 9, \"output_tokens\": 900,"
                                            + " \"tokens_per_second\": 50}",
                                    "\"stream\": true"))) {
                leaving.head();
                leaving.event();
            }
            Await.until(
                    "the attempt is compared",
                    SOON,
                    () -> counts(server).at("/counts/attempts_without_usage").asLong() == 1);
            assertThat(counts(server).at("/counts/explained").asBoolean()).isTrue();
            assertThat(events(server, "engine.tokens_unexplained")).isEmpty();

            // Somebody else uses the engine.
            String past = "{\"prompt_tokens\": 60000, \"output_tokens\": 9}";
            HttpResponse<String> beside =
                    HttpClient.newHttpClient()
                            .send(
                                    HttpRequest.newBuilder(
                                                    server.simulator()
                                                            .url()
                                                            .resolve("/v1/chat/completions"))
                                            .header("content-type", "application/json")
                                            .POST(
                                                    HttpRequest.BodyPublishers.ofString(
                                                            body("simulated", past)))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString());
            assertThat(beside.statusCode()).as(beside.body()).isEqualTo(200);
            Await.until(
                    "the alarm",
                    Duration.ofSeconds(30),
                    () -> !events(server, "engine.tokens_unexplained").isEmpty());
            assertThat(events(server, "engine.tokens_unexplained").getFirst())
                    .contains("\"replica\": \"tide-1\"");
            assertThat(
                            Double.parseDouble(
                                    metric(
                                            server,
                                            "mooring_engine_tokens_difference"
                                                    + "{replica=\"tide-1\",type=\"prompt\"}")))
                    .isGreaterThanOrEqualTo(60_000);
        }
    }

    private static JsonNode counts(TestingServer server) {
        return server.operator("GET", "/models", null).json().at("/data/0/replicas/0");
    }

    private static long count(TestingServer server, String kind, String figure) {
        return counts(server).at("/counts/" + kind + "/" + figure).asLong(-1);
    }

    private static void silentNode(TestingServer server) {
        server.jdbi()
                .useTransaction(
                        handle -> {
                            handle.execute(
                                    """
                                    INSERT INTO node (id, epoch, started_at, leases_until)
                                    VALUES ('silent-node', 1, now(), now() - interval '1 minute')
                                    """);
                            handle.execute(
                                    """
                                    WITH held AS (
                                        UPDATE wallet_balance SET held = held + 1000
                                        WHERE wallet_id = (
                                            SELECT wallet_id FROM wallet_balance
                                            ORDER BY posted - held DESC LIMIT 1)
                                        RETURNING wallet_id)
                                    INSERT INTO lease (wallet_id, node_id, epoch, amount, in_use)
                                    SELECT wallet_id, 'silent-node', 1, 1000, 0 FROM held
                                    """);
                        });
    }

    private static List<String> events(TestingServer server, String topic) {
        return server.jdbi()
                .withHandle(
                        handle ->
                                handle.createQuery(
                                                "SELECT payload::text FROM outbox WHERE topic = ?")
                                        .bind(0, topic)
                                        .mapTo(String.class)
                                        .list());
    }

    private static String metric(TestingServer server, String name) {
        try (RawHttp admin = RawHttp.connect(server.adminUrl())) {
            admin.send("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
            admin.head();
            return admin.body()
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(name + " is not shown"))
                    .substring(name.length() + 1);
        }
    }
}
