package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.Test;

/// A prompt that takes an engine longer than proxies on the way wait in silence.
class LongPrefillTest {

    private static final Duration PROXY_GIVES_UP = Duration.ofSeconds(8);
    private static final String SLOW = "{\"output_tokens\": 3, \"first_token_after_ms\": 10000}";

    @Test
    void aProxyThatGivesUpAfterASilenceSeesTheAnswerThroughInBothDialects() {
        try (TestingServer server = TestingServer.start("--commit-after", "500ms")) {
            Customer customer = server.customer("1");
            try (RawHttp openAi = open(server, customer, "/v1/chat/completions");
                    RawHttp anthropic = open(server, customer, "/anthropic/v1/messages")) {
                assertThat(linesBefore(openAi, "data: [DONE]")).contains(": keep-alive");
                assertThat(linesBefore(anthropic, "event: message_stop")).contains("event: ping");
            }
            server.requireBalancedBooks();
        }
    }

    private static RawHttp open(TestingServer server, Customer customer, String path) {
        return RawHttp.connect(server.baseUrl())
                .deadline(PROXY_GIVES_UP)
                .post(
                        path,
                        customer.key(),
                        body("tide", SLOW, "\"stream\": true", "\"max_tokens\": 3"));
    }

    /// What came before the line that says the answer is whole. Each read may wait for less than
    /// the engine takes.
    private static List<String> linesBefore(RawHttp caller, String end) {
        assertThat(caller.head().status()).isEqualTo(200);
        List<String> lines = new ArrayList<>();
        for (String line = caller.bodyLine(); line != null; line = caller.bodyLine()) {
            if (line.equals(end)) {
                return lines;
            }
            lines.add(line);
        }
        throw new AssertionError("no " + end + " in " + lines);
    }
}
