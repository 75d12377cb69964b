package mooring.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import mooring.json.Json;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Of what stands inside messages, tools and formats nothing is changed or dropped unsaid.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NestedFieldsTest {

    private static final String IGNORED = "x-mooring-ignored-fields";

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    NestedFieldsTest() {
        server.canned()
                .says(
                        """
                        data: {"choices":[{"index":0,"delta":{"content":"{}"},"finish_reason":"stop"}]}

                        data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":1}}

                        data: [DONE]

                        """);
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void strictAndDescriptionReachTheEngineAsTheyWereSent() throws Exception {
        JsonNode unsaid = format("");
        assertThat(unsaid.has("strict")).isFalse();
        assertThat(unsaid.has("description")).isFalse();
        JsonNode said = format(", \"strict\": false, \"description\": \"a heron\"");
        assertThat(said.path("strict")).isEqualTo(Json.MAPPER.getNodeFactory().booleanNode(false));
        assertThat(said.path("description").textValue()).isEqualTo("a heron");
        assertThat(format(", \"strict\": true").path("strict").booleanValue()).isTrue();

        assertThat(tool("").has("strict")).isFalse();
        JsonNode loose = tool(", \"strict\": false").path("strict");
        assertThat(loose.isBoolean()).isTrue();
        assertThat(loose.booleanValue()).isFalse();
    }

    @Test
    void unknownFieldsInsideAChatAreNamedOnce() {
        Reply answer =
                server.chat(
                        customer,
                        """
                        {"model": "canned",
                         "messages": [
                           {"role": "user", "content": "hi", "mood": 1},
                           {"role": "assistant", "content": null, "annotations": [], "audio": null,
                            "tool_calls": [{"index": 0, "id": "c", "type": "function", "extra": 1,
                              "function": {"name": "look", "arguments": "{}", "more": 1}}]},
                           {"role": "tool", "tool_call_id": "c", "mood": 2,
                            "content": [{"type": "text", "text": "dark", "tone": "x"}]}],
                         "stream_options": {"include_usage": true, "include_obfuscation": false},
                         "tool_choice": {"type": "function", "function": {"name": "look"}, "why": 1},
                         "tools": [{"type": "function", "cost": 1,
                           "function": {"name": "look", "returns": {}}}],
                         "response_format": {"type": "json_schema", "kind": 1,
                           "json_schema": {"name": "n", "schema": {"x": 1}, "version": 2}}}
                        """);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(List.of(answer.header(IGNORED).split(", ")))
                .containsExactlyInAnyOrder(
                        "messages[].mood",
                        "messages[].annotations",
                        "messages[].tool_calls[].extra",
                        "messages[].tool_calls[].function.more",
                        "messages[].content[].tone",
                        "stream_options.include_obfuscation",
                        "tool_choice.why",
                        "tools[].cost",
                        "tools[].function.returns",
                        "response_format.kind",
                        "response_format.json_schema.version");
    }

    @Test
    void unknownFieldsInsideMessagesOfAnthropicAreNamedOnce() {
        Reply answer =
                server.send(
                        "POST",
                        "/v1/messages",
                        customer.key(),
                        """
                        {"model": "canned", "max_tokens": 5,
                         "system": [{"type": "text", "text": "s", "citations": []}],
                         "thinking": {"type": "adaptive", "display": "omitted"},
                         "output_config": {"effort": "low", "task_budget": 1},
                         "tools": [{"name": "look", "input_schema": {}, "defer_loading": true}],
                         "tool_choice": {"type": "auto", "why": 1},
                         "messages": [{"role": "user", "mood": 1,
                           "content": [{"type": "text", "text": "hi", "tone": 1},
                                       {"type": "text", "text": "ho", "tone": 2}]}]}
                        """);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(List.of(answer.header(IGNORED).split(", ")))
                .containsExactlyInAnyOrder(
                        "system[].citations",
                        "thinking.display",
                        "output_config.task_budget",
                        "tools[].defer_loading",
                        "tool_choice.why",
                        "messages[].mood",
                        "messages[].content[].tone");
    }

    @Test
    void unknownFieldsInsideResponsesAreNamedOnce() {
        Reply answer =
                server.send(
                        "POST",
                        "/v1/responses",
                        customer.key(),
                        """
                        {"model": "canned",
                         "reasoning": {"effort": "low", "summary": "auto"},
                         "text": {"verbosity": "low", "format": {"type": "text", "kind": 1}},
                         "tools": [{"type": "function", "name": "look", "strict": null, "cost": 1}],
                         "input": [{"role": "user", "phase": "x",
                           "content": [{"type": "input_text", "text": "hi", "tone": 1}]}]}
                        """);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(List.of(answer.header(IGNORED).split(", ")))
                .containsExactlyInAnyOrder(
                        "reasoning.summary",
                        "text.verbosity",
                        "text.format.kind",
                        "tools[].cost",
                        "input[].phase",
                        "input[].content[].tone");
    }

    private JsonNode format(String more) throws Exception {
        return sent("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\":"
                        + " \"n\", \"schema\": {}"
                        + more
                        + "}}")
                .at("/response_format/json_schema");
    }

    private JsonNode tool(String more) throws Exception {
        return sent("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"look\""
                        + more
                        + "}}]")
                .at("/tools/0/function");
    }

    private JsonNode sent(String field) throws Exception {
        Reply answer =
                server.chat(
                        customer,
                        "{\"model\": \"canned\", \"messages\": [{\"role\": \"user\", \"content\":"
                                + " \"hi\"}], "
                                + field
                                + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return Json.MAPPER.readTree(server.canned().bodies().getLast());
    }
}
