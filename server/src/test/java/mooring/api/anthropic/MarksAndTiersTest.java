package mooring.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `cache_control` and `service_tier` of Messages.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MarksAndTiersTest {

    private static final String MARK = "\"cache_control\": {\"type\": \"ephemeral\"}";

    private final TestingServer server = TestingServer.start();
    private Customer customer = new Customer("", "", "");

    @BeforeAll
    void pays() {
        customer = server.customer("1");
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void marksAreTakenOnToolsSystemBlocksAndResults() {
        server.canned()
                .says(
                        """
                        data: {"choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":null}]}

                        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

                        data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":1,\
                        "prompt_tokens_details":{"cached_tokens":6}}}

                        data: [DONE]

                        """);
        Reply answer =
                send(
                        """
                        {"model": "canned", "max_tokens": 20,
                         "tools": [{"name": "look", "input_schema": {"type": "object"}, %1$s}],
                         "system": [{"type": "text", "text": "be kind",
                                     "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
                         "messages": [
                           {"role": "user", "content": [{"type": "text", "text": "hi", %1$s}]},
                           {"role": "assistant", "content": [
                             {"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
                           {"role": "user", "content": [
                             {"type": "tool_result", "tool_use_id": "t", "cache_control": null,
                              "content": [{"type": "text", "text": "dark", %1$s}]}]}]}
                        """
                                .formatted(MARK));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        // What the engine wrote to its cache it does not say, so nobody does.
        assertThat(answer.json().path("usage"))
                .hasToString(
                        "{\"input_tokens\":4,\"cache_creation_input_tokens\":0,"
                                + "\"cache_read_input_tokens\":6,\"output_tokens\":1,"
                                + "\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,"
                                + "\"ephemeral_1h_input_tokens\":0},\"service_tier\":\"standard\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"type\": \"for ever\"} | text | messages[0].content[0].cache_control.type: "
                        + "\"for ever\" (expected: \"ephemeral\")",
                "{\"ttl\": \"5m\"} | text | messages[0].content[0].cache_control.type: missing "
                        + "(expected: \"ephemeral\")",
                "{\"type\": \"ephemeral\", \"ttl\": \"2h\"} | text | "
                        + "messages[0].content[0].cache_control.ttl: \"2h\" (expected: \"5m\" or "
                        + "\"1h\")",
                "true | text | messages[0].content[0].cache_control: true (expected: an object)",
                "{\"type\": \"ephemeral\"} | thinking | messages[0].content[0].cache_control: "
                        + "an object (expected: none on a block of type thinking)",
            })
    void aMarkThatIsWrongIsRefusedByItsPlace(String mark, String type, String message) {
        Reply answer =
                send(
                        """
                        {"model": "canned", "max_tokens": 20, "messages": [{"role": "assistant",
                         "content": [{"type": "%2$s", "%2$s": "hi", "cache_control": %1$s}]}]}
                        """
                                .formatted(mark, type));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.at("/error/type")).isEqualTo("invalid_request_error");
        assertThat(answer.at("/error/message")).isEqualTo(message);
    }

    @Test
    void fiveMarksAreOneTooMany() {
        String block = "{\"type\": \"text\", \"text\": \"hi\", " + MARK + "}";
        Reply answer =
                send(
                        """
                        {"model": "canned", "max_tokens": 20, %s, "system": [%s, %s],
                         "messages": [{"role": "user", "content": [%s, %s]}]}
                        """
                                .formatted(MARK, block, block, block, block));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.at("/error/message"))
                .isEqualTo("cache_control: 5 marks (expected: at most 4)");
    }

    @ParameterizedTest
    @CsvSource({
        "auto, standard, 120000",
        "standard_only, standard, 120000",
        "batch, batch, 60000",
        "priority, priority, 360000"
    })
    void theAnswerSaysWhichTierItWasServedIn(String asked, String said, long charge) {
        Customer payer = server.customer("1");
        Reply answer = send(payer, tiered(asked, false));

        assertThat(answer.at("/usage/service_tier")).isEqualTo(said);
        assertThat(server.onlySettlement(payer)).containsEntry("charge", charge);
        assertThat(send(payer, tiered(asked, true)).text())
                .contains("\"service_tier\":\"" + said + "\"");
    }

    @Test
    void aTierThatNobodyKnowsIsRefused() {
        Reply answer = send(tiered("flex", false));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.at("/error/message"))
                .isEqualTo(
                        "service_tier: \"flex\" (expected: auto, standard_only, standard, batch or"
                                + " priority)");
    }

    private static String tiered(String tier, boolean stream) {
        return """
               {"model": "tiers", "max_tokens": 20, "service_tier": "%s", "stream": %s,
                "messages": [{"role": "user", "content": "hi [[simulate {\\"prompt_tokens\\": 100,\
                 \\"cached_tokens\\": 0, \\"output_tokens\\": 10}]]"}]}
               """
                .formatted(tier, stream);
    }

    private Reply send(String body) {
        return send(customer, body);
    }

    private Reply send(Customer payer, String body) {
        return server.send("POST", "/v1/messages", payer.key(), body);
    }
}
