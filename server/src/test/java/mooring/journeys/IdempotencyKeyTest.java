package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A request with `Idempotency-Key` is charged once, however often it is sent, and to which node.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdempotencyKeyTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/anthropic/v1/messages";

    private static final String SHORT =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}";

    private final TestingServer server = TestingServer.start();
    private final TestingServer second = server.anotherNode();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server;
                second) {
            second.awaitNoHold();
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @CsvSource({CHAT + ", false", CHAT + ", true", MESSAGES + ", false", MESSAGES + ", true"})
    void theSameRequestGetsTheSameAnswerOnEveryNodeAndIsChargedOnce(String path, boolean stream) {
        Customer customer = server.customer("1");
        String body = body("tide", SHORT, "\"max_tokens\": 5", "\"stream\": " + stream);

        Reply first = send(server, path, customer, body, "one");
        assertThat(first.status()).as(first.text()).isEqualTo(200);
        assertThat(first.header("idempotent-replayed")).isEmpty();
        Reply again = send(server, path, customer, body, "one");
        Reply elsewhere = send(second, path, customer, body, "one");

        for (Reply replayed : List.of(again, elsewhere)) {
            assertThat(replayed.status()).as(replayed.text()).isEqualTo(200);
            assertThat(replayed.header("idempotent-replayed")).isEqualTo("true");
            assertThat(replayed.header("idempotent-request-id"))
                    .isEqualTo(first.header("x-request-id"));
            assertThat(replayed.header("content-type")).isEqualTo(first.header("content-type"));
            assertThat(replayed.text()).isEqualTo(first.text());
            assertThat(replayed.header("cache-control")).isEqualTo("no-store");
        }
        assertThat(first.header("cache-control")).isEqualTo("no-store");
        second.awaitBooked();
        assertThat(server.settlements(customer)).hasSize(1);
        // Without a key nothing is kept, and another key is another request.
        assertThat(send(server, path, customer, body, "two").header("idempotent-replayed"))
                .isEmpty();
        assertThat(server.send("POST", path, customer.key(), body).status()).isEqualTo(200);
        assertThat(server.settlements(customer)).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/completions  | {'model': 'tide', 'prompt': 'ebb', 'max_tokens': 5}",
                "/v1/completions  | {'model': 'tide', 'prompt': 'ebb', 'stream': true}",
                "/v1/embeddings   | {'model': 'vectors', 'input': ['ebb', 'flow']}",
                "/v1/responses    | {'model': 'tide', 'input': 'ebb', 'store': true}",
                "/v1/responses    | {'model': 'tide', 'input': 'ebb', 'stream': true}"
            },
            quoteCharacter = '`')
    void everyPaidRouteTakesTheKey(String path, String question) {
        Customer customer = server.customer("1");
        String body = question.replace('\'', '"');

        Reply first = send(server, path, customer, body, "one");
        assertThat(first.status()).as(first.text()).isEqualTo(200);
        Reply again = send(second, path, customer, body, "one");

        assertThat(again.status()).as(again.text()).isEqualTo(200);
        assertThat(again.header("idempotent-replayed")).isEqualTo("true");
        assertThat(again.header("content-type")).isEqualTo(first.header("content-type"));
        assertThat(again.text()).isEqualTo(first.text());
        Reply other = send(server, path, customer, body + " ", "one");
        assertThat(other.status()).isEqualTo(409);
        second.awaitBooked();
        assertThat(server.settlements(customer)).hasSize(1);
    }

    @Test
    void anotherBodyUnderTheSameKeyIsRefused() {
        Customer customer = server.customer("1");
        String body = body("tide", SHORT, "\"max_tokens\": 5");
        send(server, CHAT, customer, body, "one");
        Reply other = send(server, CHAT, customer, body("tide", SHORT, "\"max_tokens\": 6"), "one");
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.at("/error/code")).isEqualTo("conflict");
        assertThat(other.header("x-should-retry")).isEqualTo("false");
        Reply dialect = send(server, MESSAGES, customer, body, "one");
        assertThat(dialect.status()).isEqualTo(409);
        assertThat(dialect.at("/error/type")).isEqualTo("invalid_request_error");
        assertThat(server.settlements(customer)).hasSize(1);
    }

    @Test
    void manyAtOnceAreOneChargeAndWhoComesTooEarlyIsToldWhenToComeBack() throws Exception {
        Customer customer = server.customer("1");
        String body = body("tide", SHORT, "\"max_tokens\": 5");
        CountDownLatch begin = new CountDownLatch(1);
        List<Reply> replies = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Reply>> sent = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                TestingServer node = i % 2 == 0 ? server : second;
                sent.add(
                        threads.submit(
                                () -> {
                                    begin.await();
                                    return send(node, CHAT, customer, body, "many");
                                }));
            }
            begin.countDown();
            for (Future<Reply> each : sent) {
                replies.add(each.get());
            }
        }
        int original = 0;
        for (Reply reply : replies) {
            if (reply.status() == 409) {
                assertThat(reply.at("/error/code")).isEqualTo("request_still_running");
                assertThat(Integer.parseInt(reply.header("retry-after"))).isPositive();
            } else {
                assertThat(reply.status()).as(reply.text()).isEqualTo(200);
                original += reply.header("idempotent-replayed").isEmpty() ? 1 : 0;
            }
        }
        assertThat(original).isEqualTo(1);
        second.awaitBooked();
        assertThat(server.settlements(customer)).hasSize(1);
    }

    @Test
    void aRequestThatCostNothingFreesItsKey() {
        Customer customer = server.customer("0");
        String body = body("tide", SHORT, "\"max_tokens\": 5");
        assertThat(send(server, CHAT, customer, body, "poor").status()).isEqualTo(429);
        String broken = body("tide", "{\"http_error\": 500}", "\"max_tokens\": 5");
        server.topUp(customer.organization(), "1");
        assertThat(send(server, CHAT, customer, broken, "broken").status()).isEqualTo(502);
        assertThat(send(server, CHAT, customer, broken, "broken").status()).isEqualTo(502);
        Await.until(
                "the credit is heard",
                SOON,
                () -> send(server, CHAT, customer, body, "poor").status() == 200);
        assertThat(send(server, CHAT, customer, body, "poor").header("idempotent-replayed"))
                .isEqualTo("true");
    }

    @Test
    void whoLeavesMidAnswerComesBackForAllOfIt() {
        Customer customer = server.customer("1");
        String body =
                body(
                        "tide",
                        "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 20}",
                        "\"max_tokens\": 20",
                        "\"stream\": true");
        try (RawHttp line = RawHttp.connect(server.baseUrl())) {
            line.send(
                    "POST "
                            + CHAT
                            + " HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer "
                            + customer.key()
                            + "\r\nidempotency-key: left\r\ncontent-type: application/json\r\n"
                            + "content-length: "
                            + body.length()
                            + "\r\n\r\n"
                            + body);
            assertThat(line.head().status()).isEqualTo(200);
        }
        List<Reply> replies = new ArrayList<>();
        Await.until(
                "the whole answer",
                SOON,
                () -> {
                    Reply reply = send(server, CHAT, customer, body, "left");
                    replies.add(reply);
                    return reply.status() == 200;
                });
        assertThat(replies.getLast().header("idempotent-replayed")).isEqualTo("true");
        assertThat(replies.getLast().text()).endsWith("data: [DONE]\n\n");
        assertThat(TestingServer.count(server.onlySettlement(customer), "output")).isEqualTo(20);
    }

    @Test
    void anAnswerThatIsTooLargeToKeepIsToldByItsRequest() {
        Customer customer = server.customer("1");
        String word = "x".repeat(64 * 1024);
        StringBuilder events = new StringBuilder();
        for (int i = 0; i < 70; i++) {
            events.append("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"")
                    .append(word)
                    .append("\"},\"finish_reason\":null}]}\n\n");
        }
        events.append("data: {\"choices\":[{\"index\":0,\"delta\":{},")
                .append("\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,")
                .append("\"completion_tokens\":70,\"total_tokens\":80}}\n\ndata: [DONE]\n\n");
        server.canned().says(events.toString());
        String body = body("canned", "", "\"max_tokens\": 100", "\"stream\": true");

        Reply first = send(server, CHAT, customer, body, "large");
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.text()).endsWith("data: [DONE]\n\n");
        Reply again = send(server, CHAT, customer, body, "large");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.at("/error/message"))
                .contains(first.header("x-request-id"), "larger than 4 MiB");
        assertThat(server.settlements(customer)).hasSize(1);
    }

    @Test
    void aKeyThatIsNoKeyIsRefused() {
        Customer customer = server.customer("1");
        Reply refused = send(server, CHAT, customer, body("tide", SHORT), "k".repeat(256));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.at("/error/param")).isEqualTo("Idempotency-Key");
    }

    private static Reply send(
            TestingServer node, String path, Customer customer, String body, String key) {
        return node.send("POST", path, customer.key(), body, Map.of("idempotency-key", key));
    }
}
