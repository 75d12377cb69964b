package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Callers who stop reading a long stream: their connection ends, and with it what they hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlowReadersTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final Duration SOON = Duration.ofSeconds(40);

    /// More of them than all buffers on the way take.
    private static final int PIECES = 300;

    private static final int PIECE_CHARS = 100_000;

    /// As they are counted where the engine has not told its own count.
    private static final int TOKENS_OF_A_PIECE = PIECE_CHARS / 4;

    private final TestingServer server = TestingServer.start("--reader-timeout", "1s");

    @BeforeEach
    void aLongStream() {
        String piece =
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                        + "w".repeat(PIECE_CHARS)
                        + "\"},\"finish_reason\":null}]}\n\n";
        server.canned()
                .says(
                        piece.repeat(PIECES)
                                + "data: {\"choices\":[{\"index\":0,\"delta\":{},"
                                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,"
                                + "\"completion_tokens\":300,\"total_tokens\":310}}\n\n"
                                + "data: [DONE]\n\n");
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.awaitNoHold();
            server.requireBalancedBooks();
        }
    }

    @Test
    void isDisconnectedAndBilledOnceForWhatWasDelivered() {
        Customer customer = server.customer("100");
        String rest;
        try (RawHttp caller = askAndDoNotRead(customer, "")) {
            server.awaitNoHold();
            // Only now does he read on: what was on its way, and then the end of the connection.
            rest = caller.restUntilClosed();
        }

        int received = rest.split("\"finish_reason\":null", -1).length - 1;
        assertThat(received).isLessThan(PIECES);
        assertThat(rest).doesNotContain("[DONE]");
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked.get("ending")).isEqualTo("CANCELLED");
        assertThat(TestingServer.count(booked, "output"))
                .isGreaterThanOrEqualTo((long) received * TOKENS_OF_A_PIECE)
                .isLessThan((long) PIECES * TOKENS_OF_A_PIECE);
    }

    @Test
    void isDisconnectedButItsKeyedRequestEndsWithoutIt() {
        Customer customer = server.customer("100");
        try (RawHttp caller = askAndDoNotRead(customer, "idempotency-key: slow\r\n")) {
            List<Reply> last = new ArrayList<>();
            Await.until(
                    "the key's request has ended",
                    SOON,
                    () -> {
                        Reply again =
                                server.send(
                                        "POST",
                                        CHAT,
                                        customer.key(),
                                        body("canned", "", "\"stream\": true"),
                                        Map.of("idempotency-key", "slow"));
                        last.add(again);
                        return !again.text().contains("request_still_running");
                    });
            // It is whole and charged, and more than is kept.
            assertThat(last.getLast().status()).isEqualTo(409);
            assertThat(last.getLast().at("/error/message")).contains("larger than 4 MiB");
            assertThat(caller.restUntilClosed()).doesNotContain("[DONE]");
        }

        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked.get("ending")).isEqualTo("STOP");
        assertThat(TestingServer.count(booked, "output")).isEqualTo(PIECES);
    }

    private RawHttp askAndDoNotRead(Customer customer, String header) {
        String body = body("canned", "", "\"stream\": true");
        RawHttp caller = RawHttp.connect(server.baseUrl(), 4 * 1024).deadline(SOON);
        caller.send(
                "POST "
                        + CHAT
                        + " HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                        + customer.key()
                        + "\r\ncontent-type: application/json\r\n"
                        + header
                        + "content-length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body);
        assertThat(caller.head().status()).isEqualTo(200);
        return caller;
    }
}
