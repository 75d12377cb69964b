package mooring.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every wrong body has its own clear error, and costs nothing.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {

    private static final String HI = "[{\"role\": \"user\", \"content\": \"hi\"}]";
    private static final String TOOL =
            "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"look\"}}]";

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    @AfterAll
    void nothingWasHeldOrChargedAndTheNextGoodRequestIsServed() {
        try (server) {
            assertThat(server.settlements(customer)).isEmpty();
            assertThat(server.held()).isZero();
            assertThat(server.posted(customer)).isEqualTo(1_000_000_000L);
            assertThat(server.simulator().log()).isEmpty();
            assertThat(server.chat(customer, TestingServer.body("tide", "")).status())
                    .isEqualTo(200);
            server.requireBalancedBooks();
        }
    }

    /// A body, the field that is named, and the message.
    static Stream<Arguments> fields() {
        return Stream.of(
                row("", null, "body: empty (expected: one JSON object)"),
                row("[]", null, "body: an array of 0 (expected: one JSON object)"),
                row("\"hi\"", null, "body: \"hi\" (expected: one JSON object)"),
                row("null", null, "body: null (expected: one JSON object)"),
                row(
                        "{\"messages\": " + HI + "}",
                        "model",
                        "model: missing (expected: the id of a model of GET /v1/models)"),
                row(
                        "{\"model\": 5, \"messages\": " + HI + "}",
                        "model",
                        "model: 5 (expected: the id of a model of GET /v1/models)"),
                row(
                        "{\"model\": \"tide\"}",
                        "messages",
                        "messages: missing (expected: an array of at least one message)"),
                messages(
                        "[]",
                        "messages",
                        "an array of 0 (expected: an array of 1..100000 messages)"),
                messages("\"hi\"", "messages", "\"hi\" (expected: an array of 1..100000 messages)"),
                messages("{}", "messages", "an object (expected: an array of 1..100000 messages)"),
                messages("[5]", "messages[0]", "5 (expected: an object)"),
                messages(
                        "[{\"content\": \"hi\"}]",
                        "messages[0].role",
                        "missing (expected: system, developer, user, assistant or tool)"),
                messages(
                        "[{\"role\": \"king\", \"content\": \"hi\"}]",
                        "messages[0].role",
                        "\"king\" (expected: system, developer, user, assistant or tool)"),
                messages(
                        "[{\"role\": \"user\", \"content\": null}]",
                        "messages[0].content",
                        "missing (expected: a text or an array of parts)"),
                messages(
                        "[{\"role\": \"user\", \"content\": 7}]",
                        "messages[0].content",
                        "7 (expected: a text or an array of parts)"),
                messages(
                        "[{\"role\": \"user\", \"content\": []}]",
                        "messages[0].content",
                        "an array of 0 (expected: a text or an array of parts)"),
                messages(
                        "[{\"role\": \"user\", \"content\": [5]}]",
                        "messages[0].content[0]",
                        "5 (expected: an object)"),
                messages(
                        "[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\","
                                + " \"image_url\": {\"url\": \"http://x/\"}}]}]",
                        "messages[0].content[0].type",
                        "\"image_url\" (expected: \"text\"; this model takes text only)"),
                messages(
                        "[{\"role\": \"tool\", \"content\": \"5\"}]",
                        "messages[0].tool_call_id",
                        "missing (expected: the id of the tool call that this answers)"),
                field("max_tokens", "0", "0 (expected: a whole number 1..4096)"),
                field("max_tokens", "-1", "-1 (expected: a whole number 1..4096)"),
                field("max_tokens", "1.5", "1.5 (expected: a whole number 1..4096)"),
                field("max_tokens", "\"5\"", "\"5\" (expected: a whole number 1..4096)"),
                field("max_tokens", "4097", "4097 (expected: a whole number 1..4096)"),
                field(
                        "max_tokens",
                        "99999999999999999999",
                        "99999999999999999999 (expected: a whole number 1..4096)"),
                field("max_completion_tokens", "0", "0 (expected: a whole number 1..4096)"),
                field("temperature", "\"hot\"", "\"hot\" (expected: a number 0..2)"),
                field("temperature", "9", "9 (expected: a number 0..2)"),
                field("temperature", "1e999", "1E+999 (expected: a number 0..2)"),
                field("top_p", "1.01", "1.01 (expected: a number 0..1)"),
                field("presence_penalty", "-3", "-3 (expected: a number -2..2)"),
                field("n", "0", "0 (expected: a whole number 1..128)"),
                field("n", "129", "129 (expected: a whole number 1..128)"),
                field(
                        "seed",
                        "\"x\"",
                        "\"x\" (expected: a whole number -9223372036854775808..9223372036854775807)"),
                field("stream", "\"yes\"", "\"yes\" (expected: true or false)"),
                field("logit_bias", "[]", "an array of 0 (expected: an object)"),
                field(
                        "stop",
                        "[" + "\"a\",".repeat(16) + "\"b\"]",
                        "an array of 17 (expected: a text or up to 16 texts, each 1..512"
                                + " characters)"),
                field(
                        "stop",
                        "\"\"",
                        "\"\" (expected: a text or up to 16 texts, each 1..512 characters)"),
                field("top_logprobs", "3", "3 (expected: only together with logprobs: true)"),
                field("tools", "{}", "an object (expected: an array of at most 128)"),
                named(
                        "\"tools\": [{\"type\": \"function\", \"function\": {}}]",
                        "tools[0].function.name",
                        "missing (expected: 1..64 letters, digits, _ or -)"),
                named(
                        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}]",
                        "tools[0].function.name",
                        "\"a b\" (expected: 1..64 letters, digits, _ or -)"),
                named(
                        "\"tools\": [{\"type\": \"function\"}]",
                        "tools[0].function",
                        "missing (expected: an object with a name)"),
                named("\"tools\": [5]", "tools[0]", "5 (expected: an object)"),
                named(
                        TOOL
                                + ", \"tool_choice\": {\"type\": \"function\", \"function\":"
                                + " {\"name\": \"gone\"}}",
                        "tool_choice",
                        "{\"type\":\"function\",\"function\":{\"name\":\"gone\"}} (expected:"
                                + " \"none\", \"auto\", \"required\" or {\"type\": \"function\","
                                + " \"function\": {\"name\": …}} with a name of tools)"),
                field("tool_choice", "\"required\"", "\"required\" (expected: tools beside it)"),
                field("response_format", "\"json\"", "\"json\" (expected: an object)"),
                named(
                        "\"response_format\": {\"type\": \"xml\"}",
                        "response_format.type",
                        "\"xml\" (expected: \"text\", \"json_object\" or \"json_schema\")"),
                named(
                        "\"response_format\": {\"type\": \"json_schema\"}",
                        "response_format.json_schema",
                        "missing (expected: an object with name and schema)"),
                named(
                        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\":"
                                + " {\"name\": \"x\"}}",
                        "response_format.json_schema.schema",
                        "missing (expected: a JSON Schema)"),
                field("stream_options", "true", "true (expected: an object)"));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void aWrongFieldIsNamedWithItsValueAndWhatWasExpected(
            String body, String param, String message) {
        Reply answer = server.chat(customer, body);

        expect(answer, 400, "invalid_value", param);
        assertThat(answer.at("/error/message")).isEqualTo(message);
    }

    static Stream<Arguments> unreadable() {
        return Stream.of(
                Arguments.of("{\"model\": \"tide\",}", "line 1, column"),
                Arguments.of("{\"model\": \"tide\"", "line 1, column"),
                Arguments.of("{\"model\": \"tide\", \"model\": \"gift\"}", "uplicate"),
                Arguments.of("{\"temperature\": NaN}", "NaN"),
                Arguments.of("{} {}", "railing"),
                Arguments.of("[".repeat(5_000), "depth"),
                Arguments.of("{\"a\": \"" + "x".repeat(10) + "\u0000\"}", "line 1"));
    }

    @ParameterizedTest
    @MethodSource("unreadable")
    void whatIsNoJsonIsSaidSoWithItsPlace(String body, String says) {
        Reply answer = server.chat(customer, body);

        expect(answer, 400, "invalid_value", "null");
        assertThat(answer.at("/error/message")).startsWith("body: not valid JSON").contains(says);
        // In a caller's words, not in the parser's.
        assertThat(answer.at("/error/message")).doesNotContain("Stream", "`");
    }

    @Test
    void halfASurrogatePairIsRefusedBeforeItReachesAnEngine() {
        Reply answer =
                server.chat(
                        customer,
                        "{\"model\": \"tide\", \"messages\": [{\"role\": \"user\", \"content\":"
                                + " \"\\ud83d\"}]}");

        expect(answer, 400, "invalid_value", "null");
        assertThat(answer.at("/error/message"))
                .isEqualTo("body: a text with \\ud83d alone (expected: surrogates in pairs)");
    }

    @Test
    void anUnknownModelIsNotFound() {
        Reply answer = server.chat(customer, TestingServer.body("gone", ""));

        expect(answer, 404, "model_not_found", "model");
        assertThat(answer.at("/error/message")).contains("\"gone\"").contains("GET /v1/models");
    }

    @Test
    void aPromptOverTheWindowNamesTheWindow() {
        Reply answer =
                server.chat(
                        customer,
                        "{\"model\": \"tide\", \"messages\": [{\"role\": \"user\", \"content\": \""
                                + "word ".repeat(9_000)
                                + "\"}]}");

        expect(answer, 400, "context_length_exceeded", "messages");
        assertThat(answer.at("/error/message")).contains("window of 8192 tokens");
    }

    @Test
    void promptAndLimitTogetherOverTheWindowNameWhatIsLeft() {
        Reply answer =
                server.chat(
                        customer,
                        "{\"model\": \"tide\", \"max_tokens\": 4096, \"messages\": [{\"role\":"
                                + " \"user\", \"content\": \""
                                + "word ".repeat(5_000)
                                + "\"}]}");

        expect(answer, 400, "context_length_exceeded", "max_tokens");
        assertThat(answer.at("/error/message"))
                .matches(
                        "max_tokens: 4096 \\(expected: at most \\d+, since the prompt has \\d+ of"
                                + " the window's 8192 tokens\\)");
    }

    private static void expect(Reply answer, int status, String code, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.header("x-request-id")).startsWith("req_");
        assertThat(answer.at("/error/type")).isEqualTo("invalid_request_error");
        assertThat(answer.at("/error/code")).isEqualTo(code);
        assertThat(answer.at("/error/param")).isEqualTo(param);
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
    }

    private static Arguments row(
            String body, @org.jspecify.annotations.Nullable String param, String message) {
        return Arguments.of(body, param == null ? "null" : param, message);
    }

    private static Arguments messages(String messages, String param, String message) {
        return row(
                "{\"model\": \"tide\", \"messages\": " + messages + "}",
                param,
                param + ": " + message);
    }

    private static Arguments field(String name, String value, String message) {
        return named("\"" + name + "\": " + value, name, message);
    }

    private static Arguments named(String field, String param, String message) {
        return row(
                "{\"model\": \"tide\", \"messages\": " + HI + ", " + field + "}",
                param,
                param + ": " + message);
    }
}
