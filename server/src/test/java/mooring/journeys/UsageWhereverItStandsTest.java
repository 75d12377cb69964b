package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The engine's own count is charged wherever it says it, and ours only where it says none.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UsageWhereverItStandsTest {

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "last, false", "last, true",
        "every, false", "every, true",
        "in_choice, false", "in_choice, true",
        "with_finish, false", "with_finish, true",
    })
    void b30g14g15UsageIsFound(String place, boolean stream) {
        Customer customer = server.customer("1");
        String directive =
                "{\"prompt_tokens\": 11, \"cached_tokens\": 5, \"output_tokens\": 6,"
                        + " \"reasoning_tokens\": 2, \"usage\": \"%s\"}".formatted(place);

        Reply answer = server.chat(customer, body("tide", directive, "\"stream\": " + stream));

        assertThat(answer.status()).isEqualTo(200);
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked)
                .containsEntry("input_uncached", 6L)
                .containsEntry("cache_read", 5L)
                .containsEntry("output", 6L)
                .containsEntry("reasoning", 2L)
                .containsEntry("estimated", false)
                .containsEntry("charge", 18_500L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void g5UsageThatNeverComesIsCountedByUsAndMarked(String stream) {
        Customer customer = server.customer("1");
        String directive = "{\"output_tokens\": 12, \"usage\": \"none\"}";

        Reply answer = server.chat(customer, body("tide", directive, "\"stream\": " + stream));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(server.onlySettlement(customer))
                .containsEntry("estimated", true)
                .containsEntry("output", 12L)
                .containsEntry("cache_read", 0L)
                .containsEntry(
                        "input_uncached", (long) server.simulator().log().getLast().promptTokens());
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void aMissingEndMarkIsNoHarmBehindAFinish(String stream) {
        Customer customer = server.customer("1");
        String directive =
                "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5,"
                        + " \"no_done\": true}";

        Reply answer = server.chat(customer, body("tide", directive, "\"stream\": " + stream));

        assertThat(answer.status()).isEqualTo(200);
        if (stream.equals("true")) {
            assertThat(answer.text()).endsWith("data: [DONE]\n\n");
        }
        assertThat(server.onlySettlement(customer)).containsEntry("charge", 20_000L);
    }

    @Test
    void anExplicitZeroIsACountAndNotAGap() { // B32 G6
        Customer customer = server.customer("1");
        server.canned()
                .says(
                        """
                        data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}

                        data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}

                        data: [DONE]

                        """);

        Reply answer = server.chat(customer, body("canned", ""));

        assertThat(answer.at("/choices/0/message/content")).isEqualTo("hello");
        assertThat(server.onlySettlement(customer))
                .containsEntry("charge", 0L)
                .containsEntry("output", 0L)
                .containsEntry("estimated", false);
    }

    @Test
    void severalChoicesPayForThePromptOnce() {
        Customer customer = server.customer("1");
        String directive = "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}";

        Reply answer = server.chat(customer, body("tide", directive, "\"n\": 3"));

        assertThat(answer.json().path("choices")).hasSize(3);
        assertThat(server.onlySettlement(customer))
                .containsEntry("prompt", 10L)
                .containsEntry("output", 15L)
                .containsEntry("charge", 40_000L);
    }

    @Test
    void anEngineThatCannotKeepTenantsApartIsPaidNoCacheHits() {
        Customer customer = server.customer("1");
        String directive = "{\"prompt_tokens\": 10, \"cached_tokens\": 8, \"output_tokens\": 1}";

        Reply answer = server.chat(customer, body("tide-openai", directive));

        assertThat(answer.at("/usage/prompt_tokens_details/cached_tokens")).isEqualTo("0");
        assertThat(server.onlySettlement(customer)).containsEntry("input_uncached", 10L);
    }

    @Test
    void whatTheCallerSendsAsItsOwnIdIsKeptAndDecidesNothing() {
        Customer customer = server.customer("1");

        for (int i = 0; i < 2; i++) {
            try (var caller = mooring.testing.RawHttp.connect(server.baseUrl())) {
                String body = body("tide", "{\"output_tokens\": 1}");
                caller.send(
                        "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                                + customer.key()
                                + "\r\nx-client-request-id: mine\r\ncontent-length: "
                                + body.length()
                                + "\r\n\r\n"
                                + body);
                assertThat(caller.head().header("x-request-id")).startsWith("req_");
            }
        }

        mooring.testing.Await.until(
                "both are booked",
                java.time.Duration.ofSeconds(10),
                () -> server.settlements(customer).size() == 2);
        List<Map<String, Object>> rows = server.settlements(customer);
        assertThat(rows)
                .allSatisfy(row -> assertThat(row).containsEntry("client_request_id", "mine"));
    }
}
