package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.testing.Await;
import mooring.testing.Cable;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestDatabase;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.Test;

/// Several nodes, a database that goes away, and a server that is told to stop.
class NodesAndOutagesTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SHORT =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}";

    @Test
    void keysWorkAndStopOnEveryNodeAndTheWalletIsOne() {
        try (TestingServer one = TestingServer.start();
                TestingServer other = one.anotherNode()) {
            Customer customer = one.customer("1");

            assertThat(one.chat(customer, body("tide", SHORT)).status()).isEqualTo(200);
            assertThat(other.chat(customer, body("tide", SHORT)).status()).isEqualTo(200);
            one.awaitNoHold();
            other.awaitNoHold();
            assertThat(one.posted(customer)).isEqualTo(1_000_000_000L - 40_000L);

            one.revoke(customer.keyId());

            Await.until(
                    "the other node refuses the key",
                    Await.onThisMachine(Duration.ofSeconds(1)),
                    () -> other.chat(customer, body("tide", SHORT)).status() == 401);
            one.requireBalancedBooks();
        }
    }

    @Test
    void b35WithoutItsDatabaseLeasedMoneyAloneIsSpentAndAllIsBookedWhenItIsBack() {
        try (TestDatabase database = TestDatabase.create();
                Cable cable = Cable.to(TestingServer.port(database));
                TestingServer server = TestingServer.startBehind(database, cable)) {
            Customer customer = server.customer("1");
            Customer newcomer = server.customer("1");
            // Both keys are older than this limit: who has heard of it knows them.
            Reply limited =
                    server.operator(
                            "PATCH",
                            "/organizations/" + customer.organization() + "/limits",
                            "{\"rpm\": 12345}");
            assertThat(limited.status()).as(limited.text()).isEqualTo(200);
            AtomicInteger answers = new AtomicInteger();
            Await.until(
                    "the keys are known",
                    SOON,
                    () -> {
                        Reply answer = server.chat(customer, body("tide", SHORT));
                        assertThat(answer.status()).isEqualTo(200);
                        answers.incrementAndGet();
                        return answer.header("x-ratelimit-limit-requests").equals("12345");
                    });
            String paced =
                    "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 40,"
                            + " \"tokens_per_second\": 40}";
            RawHttp running = server.open(customer, body("tide", paced, "\"stream\": true"));
            running.head();
            running.event();

            int asked = server.simulator().log().size() + server.simulator().open();
            cable.cut();

            Reply refused = server.chat(newcomer, body("tide", SHORT));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.at("/error/code")).isEqualTo("store_unavailable");
            assertThat(refused.header("retry-after")).isNotEmpty();
            assertThat(server.simulator().log().size() + server.simulator().open())
                    .as("requests that reached an engine")
                    .isEqualTo(asked);
            assertThat(rest(running).getLast()).isEqualTo("[DONE]");
            assertThat(server.chat(customer, body("tide", SHORT)).status())
                    .as("out of the money that is leased")
                    .isEqualTo(200);

            cable.mend();

            Await.until(
                    "requests are served again",
                    SOON,
                    () -> server.chat(newcomer, body("tide", SHORT)).status() == 200);
            server.awaitNoHold();
            assertThat(server.settlements(customer)).hasSize(answers.get() + 2);
            assertThat(server.settlements(newcomer)).hasSize(1);
            server.requireBalancedBooks();
        }
    }

    @Test
    void aServerToldToStopLetsARunningStreamEnd() {
        try (TestingServer server = TestingServer.start()) {
            Customer customer = server.customer("1");
            String paced =
                    "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 60,"
                            + " \"tokens_per_second\": 60}";
            RawHttp running = server.open(customer, body("tide", paced, "\"stream\": true"));
            running.head();
            running.event();

            CompletableFuture<Void> stopping = CompletableFuture.runAsync(server::stop);

            List<String> events = rest(running);
            assertThat(events.getLast()).isEqualTo("[DONE]");
            assertThat(events.stream().filter(event -> event.contains("\"content\""))).hasSize(59);
            assertThat(stopping).succeedsWithin(SOON);
            assertThat(server.onlySettlement(customer))
                    .containsEntry("output", 60L)
                    .containsEntry("ending", "STOP");
        }
    }

    private static List<String> rest(RawHttp running) {
        List<String> events = new java.util.ArrayList<>();
        for (String event = running.event(); event != null; event = running.event()) {
            events.add(event);
        }
        return events;
    }
}
