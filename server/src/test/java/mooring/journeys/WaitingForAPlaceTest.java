package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import mooring.simulator.GenerationRecord;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What becomes of requests while all replicas have enough to do, and of those that are alike.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WaitingForAPlaceTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String STREAM = "\"stream\": true";

    /// An answer that goes on until its caller leaves.
    private static final String LONG = "{\"output_tokens\": 4000, \"tokens_per_second\": 4}";

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
    void priorityIsServedBeforeDefaultBeforeFlex() {
        Customer customer = server.customer("1");
        List<RawHttp> callers = occupy(server, customer);
        List<RawHttp> waiting = new ArrayList<>();
        for (String tier : List.of("flex", "default", "priority")) {
            waiting.add(
                    server.open(
                            customer,
                            body(
                                    "narrow",
                                    "{\"output_tokens\": 2, \"label\": \"" + tier + "\"}",
                                    STREAM,
                                    "\"service_tier\": \"" + tier + "\"")));
            awaitWaiting(waiting.size());
        }

        callers.removeFirst().close();

        for (RawHttp caller : waiting) {
            try (caller) {
                assertThat(caller.head().status()).isEqualTo(200);
                while (caller.event() != null) {
                    // To the end.
                }
            }
        }
        assertThat(labels()).containsExactly("priority", "default", "flex");
        leave(callers);
    }

    @Test
    void whoFindsNoPlaceInTimeIsToldToComeAgain() {
        try (TestingServer hasty = TestingServer.start("--first-content-timeout", "4s")) {
            Customer customer = hasty.customer("1");
            List<RawHttp> callers = occupy(hasty, customer);

            Reply answer = hasty.chat(customer, body("narrow", ""));

            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.at("/error/code")).isEqualTo("engine_overloaded");
            // Nobody was served in these four seconds.
            assertThat(Integer.parseInt(answer.header("retry-after"))).isBetween(4, 30);
            assertThat(answer.at("/error/limit/limit")).isEqualTo("8");
            assertThat(answer.at("/error/limit/current")).isEqualTo("1");
            callers.forEach(RawHttp::close);
            hasty.requireBalancedBooks();
        }
    }

    @Test
    void whoLeavesWhileWaitingLeavesNothingBehind() {
        Customer customer = server.customer("1");
        List<RawHttp> callers = occupy(server, customer);
        RawHttp waiting = server.open(customer, body("narrow", "{\"label\": \"gone\"}", STREAM));
        awaitWaiting(1);

        waiting.close();

        awaitWaiting(0);
        leave(callers);
        assertThat(labels()).isEmpty();
    }

    @Test
    void whereNoMoreCanWaitTheLeastUrgentIsSentAway() {
        Customer customer = server.customer("1");
        List<RawHttp> callers = occupy(server, customer);
        List<RawHttp> flex = new ArrayList<>();
        String tier = "\"service_tier\": \"flex\"";
        for (int i = 1; i <= 8; i++) {
            flex.add(server.open(customer, body("narrow", "", STREAM, tier)));
            awaitWaiting(i);
        }

        callers.add(
                server.open(
                        customer, body("narrow", LONG, STREAM, "\"service_tier\": \"priority\"")));

        assertThat(flex.getLast().head().status()).isEqualTo(429);
        awaitWaiting(8);
        callers.addAll(flex);
        leave(callers);
    }

    @Test
    void requestsWithOneCacheKeyGoToOneReplica() {
        Customer customer = server.customer("1");
        Set<String> atFirst = new TreeSet<>();
        Set<String> atSecond = new TreeSet<>();
        // So many that it cannot be chance when one replica gets none.
        for (int key = 0; key < 40; key++) {
            for (int i = 0; i < 2; i++) {
                Reply answer =
                        server.chat(
                                customer,
                                body(
                                        "pair",
                                        "{\"output_tokens\": 1, \"label\": \"k" + key + "\"}",
                                        "\"prompt_cache_key\": \"session " + key + "\""));
                assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            }
        }
        server.simulator().log().forEach(each -> atFirst.add("" + each.label()));
        server.second().log().forEach(each -> atSecond.add("" + each.label()));

        assertThat(atFirst).isNotEmpty().doesNotContainAnyElementsOf(atSecond);
        assertThat(atSecond).isNotEmpty();
    }

    @Test
    void aCacheKeyThatIsTooLongIsRefused() {
        Reply answer =
                server.chat(
                        server.customer("1"),
                        body("tide", "", "\"prompt_cache_key\": \"" + "k".repeat(513) + "\""));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.at("/error/param")).isEqualTo("prompt_cache_key");
        assertThat(answer.at("/error/message"))
                .isEqualTo(
                        "prompt_cache_key: 513 characters (expected: a text of at most 512"
                                + " characters)");
    }

    /// Takes the model's two places: its slot, and the one for the next.
    private static List<RawHttp> occupy(TestingServer server, Customer customer) {
        List<RawHttp> callers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            RawHttp caller = server.open(customer, body("narrow", LONG, STREAM));
            assertThat(caller.head().status()).isEqualTo(200);
            callers.add(caller);
        }
        return callers;
    }

    private void leave(List<RawHttp> callers) {
        callers.forEach(RawHttp::close);
        Await.until("all are gone", SOON, () -> server.simulator().open() == 0);
        awaitWaiting(0);
        server.awaitNoHold();
    }

    /// What the engine did, in its order, but for the long answers.
    private List<String> labels() {
        return server.simulator().log().stream()
                .map(GenerationRecord::label)
                .filter(Objects::nonNull)
                .toList();
    }

    private void awaitWaiting(int count) {
        String line = "mooring_requests_waiting " + count + ".0";
        Await.until(line, SOON, () -> scrape(server.adminUrl()).lines().anyMatch(line::equals));
    }

    private static String scrape(String adminUrl) {
        try (var in = URI.create(adminUrl + "/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
