package mooring.api.openai.responses;

import static org.assertj.core.api.Assertions.assertThat;

import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// In no dialect does a conversation without content reach an engine.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmptyConversationTest {

    private static final String ANSWER =
            """
            data: {"choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":1}}

            data: [DONE]

            """;

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'role':'user','content':[]} | messages[0].content: an array of 0",
                "{'role':'user','content':''} | messages[0].content: ''",
                "{'role':'system','content':[]} | messages[0].content: an array of 0",
                "{'role':'assistant','content':[]} | messages: an array of 1",
                "{'role':'assistant','content':[{'type':'redacted_thinking','data':'x'}]}"
                        + " | messages: an array of 1"
            })
    void messagesAreRefusedByTheField(String message, String named) {
        Reply answer =
                messages("{'model':'canned','max_tokens':5,'system':'s','messages':[" + message);

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.at("/type")).isEqualTo("error");
        assertThat(answer.at("/error/type")).isEqualTo("invalid_request_error");
        assertThat(answer.at("/error/message"))
                .startsWith(named.replace('\'', '"') + " (expected: ");
        assertThat(server.canned().bodies()).noneMatch(body -> body.contains("\"messages\":[]"));
    }

    @Test
    void anEmptyLastTurnOfTheAssistantIsLeftOut() {
        server.canned().says(ANSWER);
        Reply answer =
                messages(
                        "{'model':'canned','max_tokens':5,'messages':[{'role':'user','content':'hi'},"
                                + "{'role':'assistant','content':[]}");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(server.canned().bodies().getLast())
                .contains("\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type':'web_search_call','id':'w'} | input | an array of 1 without content",
                "{'type':'reasoning','summary':[]} | input | an array of 1 without content",
                "{'role':'assistant','content':[]} | input | an array of 1 without content",
                "{'role':'user','content':[]} | input[0].content | an array of 0"
            })
    void responsesAreRefusedByTheField(String item, String param, String shown) {
        Reply answer =
                server.send(
                        "POST",
                        "/v1/responses",
                        customer.key(),
                        ("{'model':'canned','instructions':'be kind','input':[" + item + "]}")
                                .replace('\'', '"'));

        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.at("/error/type")).isEqualTo("invalid_request_error");
        assertThat(answer.at("/error/param")).isEqualTo(param);
        assertThat(answer.at("/error/message")).startsWith(param + ": " + shown);
    }

    @Test
    void aRefusalOfTheAssistantsIsHandedOnAsItsText() {
        server.canned().says(ANSWER);
        Reply answer =
                server.chat(
                        customer,
                        "{\"model\":\"canned\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
                                + "{\"role\":\"assistant\",\"content\":null,\"refusal\":\"never\"}]}");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(server.canned().bodies().getLast())
                .contains("{\"role\":\"assistant\",\"content\":\"never\"}");
    }

    private Reply messages(String body) {
        return server.send(
                "POST", "/v1/messages", customer.key(), (body + "]}").replace('\'', '"'));
    }
}
