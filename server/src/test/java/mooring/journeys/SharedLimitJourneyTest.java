package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestRedis;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Two nodes that share every limit through Redis, as callers and the operator see them.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SharedLimitJourneyTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private static final String CHEAP =
            body(
                    "tide",
                    "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}",
                    "\"max_tokens\": 5");

    private final TestRedis redis = new TestRedis();
    private final TestingServer first = TestingServer.start("--redis-url", redis.url());
    private final TestingServer second = first.anotherNode("--redis-url", redis.url());
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterAll
    void endsWithBalancedBooks() {
        try (redis;
                first;
                second) {
            second.awaitNoHold();
            first.requireBalancedBooks();
        }
    }

    @Test
    void aRequestThatRunsOnOneNodeTakesItsPlaceOnTheOther() throws Exception {
        Customer customer = first.customer("1");
        Reply limited =
                first.operator(
                        "PATCH",
                        "/organizations/" + customer.organization() + "/limits",
                        "{\"concurrency\": 1, \"tpm\": 100000}");
        assertThat(limited.status()).isEqualTo(200);
        for (TestingServer node : new TestingServer[] {first, second}) {
            Await.until(
                    "the limit is heard",
                    SOON,
                    () -> !node.chat(customer, CHEAP).header("x-ratelimit-limit-tokens").isEmpty());
        }
        String endless = "{\"output_tokens\": 2000, \"tokens_per_second\": 20}";
        try (RawHttp caller = open(customer, endless)) {
            assertThat(caller).isNotNull();
            // The nodes' shares of the tokens may still be on their way.
            Await.until(
                    "the other node refuses for its place",
                    SOON,
                    () -> {
                        Reply refused = second.chat(customer, CHEAP);
                        assertThat(refused.status()).isEqualTo(429);
                        return refused.at("/error/code").equals("concurrency_exceeded");
                    });
        }
        Await.until("its place is free", SOON, () -> second.chat(customer, CHEAP).status() == 200);

        assertThat(get(first, "/readyz")).contains("\"limits\"");
        Await.until(
                "each knows of the other",
                SOON,
                () ->
                        get(first, "/metrics").contains("mooring_limits_nodes 2.0")
                                && get(second, "/metrics").contains("mooring_limits_nodes 2.0"));
        redis.kill();
        Await.until(
                "an operator sees that Redis is away",
                SOON,
                () -> get(first, "/metrics").contains("mooring_limits_store_up 0.0"));
        Await.until(
                "the node stays ready and says so",
                SOON,
                () ->
                        get(first, "/readyz").contains("redis does not answer")
                                && get(first, "/readyz").contains("\"ready\" : true"));
        redis.startAnew();
        Await.until(
                "shares are exchanged again",
                SOON,
                () -> get(first, "/metrics").contains("mooring_limits_store_up 1.0"));
        Await.until("served again", SOON, () -> second.chat(customer, CHEAP).status() == 200);
    }

    /// The place of the last short answer may be free a moment later.
    private RawHttp open(Customer customer, String directive) {
        AtomicReference<RawHttp> open = new AtomicReference<>();
        Await.until(
                "a place",
                SOON,
                () -> {
                    RawHttp line =
                            first.open(
                                    customer,
                                    body(
                                            "tide",
                                            directive,
                                            "\"stream\": true",
                                            "\"max_tokens\": 2000"));
                    open.set(line);
                    if (line.head().status() == 200) {
                        return true;
                    }
                    line.close();
                    return false;
                });
        return Objects.requireNonNull(open.get());
    }

    private String get(TestingServer node, String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create(node.adminUrl() + path))
                                .timeout(SOON)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
