package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The status waits for the first content, but not for ever.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HeldBackStatusTest {

    private static final String STREAM = "\"stream\": true";

    private final TestingServer server =
            TestingServer.start("--commit-after", "200ms", "--first-content-timeout", "8s");

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
    void aSlowFirstTokenIsBridgedByKeepAlivesBehindStatus200() {
        Customer customer = server.customer("1");
        String slow = "{\"output_tokens\": 3, \"first_token_after_ms\": 2600}";

        List<String> lines = lines(server.open(customer, body("tide", slow, STREAM)));

        List<String> before =
                lines.subList(0, lines.indexOf(firstData(lines))).stream()
                        .filter(line -> !line.isEmpty())
                        .toList();
        assertThat(before).hasSizeGreaterThanOrEqualTo(2).containsOnly(": keep-alive");
        assertThat(lines).contains("data: [DONE]");
    }

    @Test
    void anErrorBeforeTheStatusIsARealHttpError() {
        Customer customer = server.customer("1");

        Reply answer = server.chat(customer, body("tide", "{\"http_error\": 500}", STREAM));

        assertThat(answer.status()).isEqualTo(502);
    }

    @Test
    void anErrorBehindTheStatusIsToldInTheStreamAndCostsNothing() {
        Customer customer = server.customer("1");

        List<String> lines =
                lines(server.open(customer, body("tide", "{\"silence\": true}", STREAM)));

        assertThat(lines).contains(": keep-alive").doesNotContain("data: [DONE]");
        assertThat(firstData(lines)).contains("\"code\":\"engine_timeout\"");
        server.awaitNoHold();
        assertThat(server.settlements(customer)).isEmpty();
    }

    @Test
    void aWholeAnswerIsNeverCommittedEarly() {
        Customer customer = server.customer("1");
        String slow = "{\"output_tokens\": 3, \"first_token_after_ms\": 900}";

        Reply answer = server.chat(customer, body("tide", slow));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).startsWith("{\"id\":");
    }

    private static String firstData(List<String> lines) {
        return lines.stream().filter(line -> line.startsWith("data: ")).findFirst().orElseThrow();
    }

    private static List<String> lines(RawHttp caller) {
        try (caller) {
            assertThat(caller.head().status()).isEqualTo(200);
            List<String> lines = new ArrayList<>();
            for (String line = caller.bodyLine(); line != null; line = caller.bodyLine()) {
                lines.add(line);
            }
            return lines;
        }
    }
}
