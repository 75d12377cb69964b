package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What an operator sees of retries, hedges and replicas that sit out.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FurtherAttemptsAreCountedTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String FAILS = "{\"http_error\": 500}";
    private static final String ANSWERS = "{\"output_tokens\": 2}";

    private final TestingServer server = TestingServer.start();

    @BeforeEach
    void forget() {
        server.simulator().reset();
        server.second().reset();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void retriesAndTheReplicaThatTheyEnd() {
        Customer customer = server.customer("1");
        server.simulator().scriptDefault(FAILS);
        server.second().scriptDefault(ANSWERS);

        // Each fails at the first replica and is answered by the second, until the first is out.
        for (int i = 0; i < 5; i++) {
            assertThat(server.chat(customer, body("pair", "")).status()).isEqualTo(200);
        }

        assertThat(metric("mooring_retries_total", "pair", "")).isEqualTo(5);
        assertThat(metric("mooring_replica_ejections_total", "pair", "")).isEqualTo(1);
        assertThat(metric("mooring_retries_refused_total", "pair", "")).isZero();
    }

    @Test
    void retriesThatTheBudgetDoesNotAllow() {
        Customer customer = server.customer("1");
        server.simulator().scriptDefault(FAILS);

        // Ten are there at once, one comes back a second, and each request asks for two.
        Await.until(
                "the budget is used up",
                SOON,
                () -> {
                    Reply answer = server.chat(customer, body("tide", ""));
                    assertThat(answer.status()).isEqualTo(502);
                    return metric("mooring_retries_refused_total", "tide", "") > 0;
                });

        assertThat(metric("mooring_retries_total", "tide", "")).isGreaterThanOrEqualTo(10);
        // A single replica is never taken out: the rest could not carry its work.
        assertThat(metric("mooring_replica_ejections_total", "tide", "")).isZero();
    }

    @Test
    void secondAttemptsByWhatCameOfThem() {
        Customer customer = server.customer("1");
        server.simulator().scriptDefault("{\"silence\": true}");
        server.second().scriptDefault(ANSWERS);

        assertThat(server.chat(customer, body("hedged", "")).status()).isEqualTo(200);

        assertThat(metric("mooring_hedges_total", "hedged", "outcome=\"won\"")).isEqualTo(1);
        assertThat(metric("mooring_hedges_total", "hedged", "outcome=\"lost\"")).isZero();
        assertThat(metric("mooring_hedges_total", "hedged", "outcome=\"rescued\"")).isZero();
        // It is paid from the same budget, and is no retry.
        assertThat(metric("mooring_retries_total", "hedged", "")).isZero();
    }

    private double metric(String name, String model, String label) {
        return scrape(server.adminUrl())
                .lines()
                .filter(
                        line ->
                                line.startsWith(name + "{")
                                        && line.contains("\"" + model + "\"")
                                        && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .reduce(
                        (_, _) -> {
                            throw new AssertionError(name + ": more than one");
                        })
                .orElseThrow(() -> new AssertionError(name + ": none for " + model));
    }

    private static String scrape(String adminUrl) {
        try (var in = URI.create(adminUrl + "/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
