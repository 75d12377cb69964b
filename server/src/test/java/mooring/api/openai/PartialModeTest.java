package mooring.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// An answer that goes on from what the assistant is said to have begun.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PartialModeTest {

    private static final String BEGUN = "{\"role\": \"assistant\", \"content\": \"Kia\"";

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    @BeforeEach
    void forget() {
        server.simulator().reset();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tide", "tide-sglang"})
    void theEngineIsToldToGoOn(String model) {
        Reply answer = server.chat(customer, chat(model, BEGUN + ", \"partial\": true}"));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(fields()).contains("continue_final_message");
    }

    @Test
    void anAssistantsMessageIsAWholeTurnUnlessItSaysOtherwise() {
        assertThat(server.chat(customer, chat("tide", BEGUN + "}")).status()).isEqualTo(200);
        assertThat(fields()).doesNotContain("continue_final_message");
    }

    @Test
    void anEngineOfUnknownKindReadsItInTheMessage() {
        server.canned()
                .says(
                        """
                        data: {"choices":[{"index":0,"delta":{"content":" ora"},\
                        "finish_reason":"stop"}],\
                        "usage":{"prompt_tokens":3,"completion_tokens":1}}

                        data: [DONE]

                        """);

        Reply answer = server.chat(customer, chat("canned", BEGUN + ", \"partial\": true}"));

        assertThat(answer.at("/choices/0/message/content")).isEqualTo(" ora");
        assertThat(server.canned().bodies().getLast()).contains("\"partial\":true");
    }

    @Test
    void anAnthropicConversationThatEndsWithTheAssistantIsGoneOnFrom() {
        String body =
                "{\"model\": \"tide\", \"max_tokens\": 9, \"messages\": [{\"role\": \"user\","
                        + " \"content\": \"hi\"}, "
                        + BEGUN
                        + "}]}";

        Reply answer = server.send("POST", "/v1/messages", customer.key(), body);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(fields()).contains("continue_final_message");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"role\": \"user\", \"content\": \"a\", \"partial\": true}|messages[1].partial",
                "{\"role\": \"assistant\", \"content\": \"a\", \"partial\": 1}"
                        + "|messages[1].partial",
                "{\"role\": \"assistant\", \"content\": \"a\", \"partial\": true},"
                        + " {\"role\": \"user\", \"content\": \"b\"}|messages[1].partial"
            })
    void itIsRefusedWhereNothingCanGoOn(String messages, String field) {
        Reply answer = server.chat(customer, chat("tide", messages));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.at("/error/param")).isEqualTo(field);
    }

    private List<String> fields() {
        return server.simulator().log().getLast().fields();
    }

    private static String chat(String model, String messages) {
        return "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, %s]}"
                .formatted(model, messages);
    }
}
