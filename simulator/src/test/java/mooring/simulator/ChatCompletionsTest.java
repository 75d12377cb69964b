package mooring.simulator;

import static mooring.simulator.EngineClient.chat;
import static mooring.simulator.EngineClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import mooring.simulator.text.Tokenizer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChatCompletionsTest {

    private final EngineSimulator engine =
            EngineSimulator.start(SimulatorOptions.builder().contextTokens(500).build());
    private final EngineClient client = new EngineClient(engine);

    @AfterEach
    void stop() {
        client.close();
        engine.close();
    }

    @Test
    void aWholeAnswerHasVllmsShape() {
        ObjectNode answer =
                (ObjectNode) client.answer(chat("[[simulate {\"text\": \"kia ora\"}]]", "{}"));

        assertThat(answer.remove("id").asText()).startsWith("chatcmpl-");
        assertThat(answer.remove("created").asLong()).isGreaterThan(1_700_000_000L);
        assertThat(answer)
                .isEqualTo(
                        json(
                                """
                                {"object":"chat.completion","model":"simulated","choices":[
                                 {"index":0,"message":{"role":"assistant","content":"kia ora",
                                  "refusal":null,"annotations":null,"audio":null,
                                  "function_call":null,"tool_calls":[],"reasoning_content":null},
                                  "logprobs":null,"finish_reason":"stop","stop_reason":null}],
                                 "service_tier":null,"system_fingerprint":null,
                                 "usage":{"prompt_tokens":21,"total_tokens":23,
                                  "completion_tokens":2,
                                  "prompt_tokens_details":{"cached_tokens":0}},
                                 "kv_transfer_params":null}
                                """));
    }

    @Test
    void theSameRequestGetsTheSameWordsAndAnotherSeedOthers() {
        String first = text(client.answer(chat("hello", "{\"seed\": 1}")));
        String again = text(client.answer(chat("hello", "{\"seed\": 1}")));
        String other = text(client.answer(chat("hello", "{\"seed\": 2}")));

        assertThat(again).isEqualTo(first).isNotEqualTo(other);
        assertThat(Tokenizer.count(first)).isEqualTo(16);
    }

    @Test
    void anAnswerEndsAtItsLimitAndSaysSo() {
        for (String field : new String[] {"max_tokens", "max_completion_tokens", "n_predict"}) {
            JsonNode answer = client.answer(chat("hello", "{\"" + field + "\": 3}"));

            assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(3);
            assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        }
    }

    @Test
    void anEnginesOwnLimitOutrunsOpenAis() {
        JsonNode answer = client.answer(chat("hello", "{\"max_tokens\": 3, \"n_predict\": 9}"));

        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(9);
    }

    @Test
    void severalChoicesDifferAndAreCountedTogether() {
        JsonNode answer = client.answer(chat("hello", "{\"n\": 3}"));

        assertThat(answer.path("choices")).hasSize(3);
        assertThat(answer.at("/choices/1/message/content"))
                .isNotEqualTo(answer.at("/choices/0/message/content"));
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(48);
    }

    @Test
    void aStopSequenceIsCountedAndNotShown() {
        JsonNode answer =
                client.answer(
                        chat("[[simulate {\"text\": \"one two three\"}]]", "{\"stop\": \"wo t\"}"));

        assertThat(text(answer)).isEqualTo("one t");
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    }

    @Test
    void reasoningIsApartAndCountedInTheOutput() {
        JsonNode answer =
                client.answer(
                        chat("[[simulate {\"output_tokens\": 9, \"reasoning_tokens\": 4}]]", "{}"));

        assertThat(Tokenizer.count(answer.at("/choices/0/message/reasoning_content").asText()))
                .isEqualTo(4);
        assertThat(Tokenizer.count(text(answer))).isEqualTo(5);
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(9);
        assertThat(answer.at("/usage/completion_tokens_details/reasoning_tokens").asInt())
                .isEqualTo(4);
    }

    @Test
    void aForcedToolIsCalledWithArgumentsOfItsSchema() {
        String tools =
                """
                "tools":[{"type":"function","function":{"name":"weather","parameters":
                  {"type":"object","required":["days"],
                   "properties":{"days":{"type":"integer","minimum":2}}}}}]
                """;
        for (String choice :
                new String[] {
                    "\"required\"", "{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}"
                }) {
            JsonNode answer =
                    client.answer(chat("hello", "{\"tool_choice\":" + choice + "," + tools + "}"));

            JsonNode call = answer.at("/choices/0/message/tool_calls/0");
            assertThat(call.at("/function/name").asText()).isEqualTo("weather");
            assertThat(call.at("/function/arguments").asText()).isEqualTo("{\"days\":2}");
            assertThat(answer.at("/choices/0/message/content").isNull()).isTrue();
            assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("tool_calls");
        }
    }

    @Test
    void anAskedFormatIsKept() {
        JsonNode object =
                client.answer(chat("x", "{\"response_format\":{\"type\":\"json_object\"}}"));
        JsonNode schema =
                client.answer(
                        chat(
                                "x",
                                """
                                {"response_format":{"type":"json_schema","json_schema":{"schema":
                                 {"type":"object","required":["a"],
                                  "properties":{"a":{"enum":["yes"]}}}}}}
                                """));

        assertThat(text(object)).isEqualTo("{}");
        assertThat(text(schema)).isEqualTo("{\"a\":\"yes\"}");
    }

    @Test
    void logProbabilitiesComeForEveryToken() {
        JsonNode answer =
                client.answer(chat("x", "{\"max_tokens\":4,\"logprobs\":true,\"top_logprobs\":2}"));

        JsonNode tokens = answer.at("/choices/0/logprobs/content");
        assertThat(tokens).hasSize(4);
        assertThat(tokens.path(0).path("top_logprobs")).hasSize(2);
        assertThat(tokens.path(0).path("logprob").asDouble()).isLessThanOrEqualTo(0);
    }

    @Test
    void aRepeatedPromptIsCachedInFullBlocksAndApartBySalt() {
        String message = "a ".repeat(20);

        assertThat(cached(client.answer(chat(message, "{\"cache_salt\":\"A\"}")))).isZero();
        assertThat(cached(client.answer(chat(message, "{\"cache_salt\":\"A\"}")))).isEqualTo(16);
        assertThat(cached(client.answer(chat(message, "{\"cache_salt\":\"B\"}")))).isZero();
        assertThat(cached(client.answer(chat(message, "{}")))).isZero();
    }

    @Test
    void orderedCountsAreReported() {
        JsonNode answer =
                client.answer(
                        chat("[[simulate {\"prompt_tokens\":100,\"cached_tokens\":3}]]", "{}"));

        assertThat(answer.at("/usage/prompt_tokens").asInt()).isEqualTo(100);
        assertThat(cached(answer)).isEqualTo(3);
    }

    @Test
    void whatAnEngineRefusesIsRefused() {
        assertRefused(400, chat("x", "{\"max_tokens\": 0}"), "max_tokens");
        assertRefused(400, chat("x", "{\"max_tokens\": 497}"), "maximum context length is 500");
        assertRefused(400, chat("x ".repeat(600), "{}"), "maximum context length is 500");
        assertRefused(404, chat("x", "{\"model\": \"other\"}"), "`other` does not exist");
        assertRefused(400, json("{\"messages\": [{\"content\": \"x\"}]}"), "messages[0].role");
        assertRefused(400, chat("[[simulate {\"outptu\": 1}]]", "{}"), "unknown key \"outptu\"");
        assertRefused(400, chat("[[simulate {\"text\": 1}]]", "{}"), "expected: a string");
        assertRefused(400, chat("[[simulate {\"text\": \"a\"}]", "{}"), "not closed");
        assertThat(engine.open()).isZero();
    }

    @Test
    void theLogSaysWhatWasGeneratedForWhom() {
        HttpResponse<String> response =
                client.send(
                        client.request("/v1/chat/completions")
                                .header("x-request-id", "req_1")
                                .POST(
                                        BodyPublishers.ofString(
                                                chat(
                                                                "hello",
                                                                """
                                                                {"user":"u1","max_tokens":5,
                                                                 "metadata":{"k":"v"}}
                                                                """)
                                                        .toString())));

        GenerationRecord generation = engine.log().getFirst();
        assertThat(generation.id()).isEqualTo(json(response.body()).path("id").asText());
        assertThat(generation.callerRequestId()).isEqualTo("req_1");
        assertThat(generation.user()).isEqualTo("u1");
        assertThat(generation.metadata()).isEqualTo(json("{\"k\":\"v\"}"));
        assertThat(generation.fields())
                .containsExactly("user", "max_tokens", "metadata", "messages");
        assertThat(generation.promptTokens()).isEqualTo(5);
        assertThat(generation.generatedTokens()).isEqualTo(5);
        assertThat(generation.writtenTokens()).isEqualTo(5);
        assertThat(generation.finishReason()).isEqualTo("length");
        assertThat(generation.cancelled()).isFalse();
        assertThat(generation.endedAt()).isAfterOrEqualTo(generation.startedAt());
    }

    @Test
    void aRequestIsFoundInTheLogByTheLabelOfItsDirective() {
        client.post("/v1/chat/completions", chat("[[simulate {\"label\":\"r-7\"}]]", "{}"));
        client.post("/v1/chat/completions", chat("unnamed", "{}"));

        assertThat(engine.log().getFirst().toJson().path("label").asText()).isEqualTo("r-7");
        assertThat(engine.log().getLast().label()).isNull();
    }

    private void assertRefused(int status, JsonNode body, String message) {
        HttpResponse<String> response = client.post("/v1/chat/completions", body);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(json(response.body()).at("/error/message").asText()).contains(message);
        assertThat(json(response.body()).at("/error/code").asInt()).isEqualTo(status);
    }

    private static String text(JsonNode answer) {
        return answer.at("/choices/0/message/content").asText();
    }

    private static int cached(JsonNode answer) {
        return answer.at("/usage/prompt_tokens_details/cached_tokens").asInt();
    }
}
