package mooring.simulator;

import static mooring.simulator.EngineClient.chat;
import static mooring.simulator.EngineClient.content;
import static mooring.simulator.EngineClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamingTest {

    private static final String MIXED = "Kia ora tātou 中文 😀👍🏽 \"q\"\\ end";

    private final EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
    private final EngineClient client = new EngineClient(engine);

    @AfterEach
    void stop() {
        client.close();
        engine.close();
    }

    @Test
    void aStreamHasVllmsShape() {
        List<JsonNode> chunks =
                client.stream(
                        chat(
                                "[[simulate {\"text\": \"kia ora\"}]]",
                                "{\"stream_options\":{\"include_usage\":true}}"));

        assertThat(chunks).hasSize(5);
        assertThat(chunks.getFirst().path("object").asText()).isEqualTo("chat.completion.chunk");
        assertThat(choice(chunks.get(0)))
                .isEqualTo(
                        json(
                                """
                                {"index":0,"delta":{"role":"assistant","content":""},
                                 "logprobs":null,"finish_reason":null}
                                """));
        assertThat(choice(chunks.get(1)))
                .isEqualTo(
                        json(
                                """
                                {"index":0,"delta":{"content":"kia"},
                                 "logprobs":null,"finish_reason":null}
                                """));
        assertThat(choice(chunks.get(3)))
                .isEqualTo(
                        json(
                                """
                                {"index":0,"delta":{"content":""},"logprobs":null,
                                 "finish_reason":"stop","stop_reason":null}
                                """));
        assertThat(chunks.get(3).has("usage")).isFalse();
        assertThat(chunks.get(4).path("choices")).isEmpty();
        assertThat(chunks.get(4).path("usage"))
                .isEqualTo(
                        json(
                                """
                                {"prompt_tokens":21,"total_tokens":23,"completion_tokens":2,
                                 "prompt_tokens_details":{"cached_tokens":0}}
                                """));
        assertThat(chunks.stream().map(chunk -> chunk.path("id").asText()).distinct()).hasSize(1);
    }

    @Test
    void aStreamSaysWhatTheWholeAnswerSays() {
        JsonNode whole = client.answer(chat("hello", "{}"));
        List<JsonNode> chunks = client.stream(chat("hello", "{}"));

        assertThat(content(chunks))
                .isEqualTo(whole.at("/choices/0/message/content").asText())
                .isNotEmpty();
    }

    @Test
    void runningUsageCountsTheTokensSoFar() {
        List<JsonNode> chunks =
                client.stream(
                        chat(
                                "[[simulate {\"output_tokens\": 3}]]",
                                """
                                {"timings_per_token":true,"stream_options":
                                 {"include_usage":true,"continuous_usage_stats":true}}
                                """));

        assertThat(chunks.stream().map(c -> c.at("/usage/completion_tokens").asInt()))
                .containsExactly(0, 1, 2, 3, 3, 3);
        assertThat(chunks.stream().limit(5).map(c -> c.at("/timings/predicted_n").asInt()))
                .containsExactly(0, 1, 2, 3, 3);
        assertThat(chunks.getFirst().at("/timings/prompt_n").asInt())
                .isEqualTo(chunks.getFirst().at("/usage/prompt_tokens").asInt());
    }

    @Test
    void usageComesWhereItIsOrdered() {
        assertThat(usageAt("last")).containsExactly("", "", "", "top");
        assertThat(usageAt("every")).containsExactly("top", "top", "top", "top");
        assertThat(usageAt("none")).containsExactly("", "", "");
        assertThat(usageAt("in_choice")).containsExactly("", "", "choice");
        assertThat(usageAt("with_finish")).containsExactly("", "", "top");
    }

    private List<String> usageAt(String place) {
        String message = "[[simulate {\"output_tokens\": 1, \"usage\": \"" + place + "\"}]]";
        return client.stream(chat(message, "{}")).stream()
                .map(
                        chunk ->
                                chunk.has("usage")
                                        ? "top"
                                        : choice(chunk).has("usage") ? "choice" : "")
                .toList();
    }

    @Test
    void toolArgumentsComeInPieces() {
        List<JsonNode> chunks =
                client.stream(
                        chat(
                                """
                                [[simulate {"text": "so", "tool_calls": [
                                  {"name": "add", "arguments": {"a": 12345}},
                                  {"name": "end"}]}]]
                                """,
                                "{}"));

        StringBuilder arguments = new StringBuilder();
        int pieces = 0;
        for (JsonNode chunk : chunks) {
            JsonNode call = chunk.at("/choices/0/delta/tool_calls/0");
            if (call.path("index").asInt(-1) == 0) {
                arguments.append(call.at("/function/arguments").asText());
                pieces++;
            }
        }
        assertThat(arguments).hasToString("{\"a\":12345}");
        assertThat(pieces).isEqualTo(9);
        JsonNode opening = chunks.get(2).at("/choices/0/delta/tool_calls/0");
        assertThat(opening.path("id").asText()).startsWith("chatcmpl-tool-");
        assertThat(opening.at("/function/name").asText()).isEqualTo("add");
        assertThat(choice(chunks.getLast()).path("finish_reason").asText()).isEqualTo("tool_calls");
    }

    @Test
    void textCutAnywhereIsTheSameText() {
        for (String cut :
                List.of(
                        "\"split_bytes\": 1",
                        "\"split_bytes\": 3, \"escape_non_ascii\": true",
                        "\"chunk_chars\": 1",
                        "\"split_surrogates\": true",
                        "\"split_surrogates\": true, \"chunk_chars\": 1, \"split_bytes\": 1")) {
            ObjectNode order = (ObjectNode) json("{" + cut + "}");
            order.put("text", MIXED);

            List<JsonNode> chunks = client.stream(chat("[[simulate " + order + "]]", "{}"));

            assertThat(content(chunks)).as(cut).isEqualTo(MIXED);
        }
    }

    @Test
    void surrogatePairsAreCutBetweenTwoChunks() {
        List<String> lines =
                client.lines(
                        chat("[[simulate {\"text\":\"😀\",\"split_surrogates\":true}]]", "{}"));

        assertThat(lines.get(1)).contains("{\"content\":\"\\uD83D\"}");
        assertThat(lines.get(2)).contains("{\"content\":\"\\uDE00\"}");
    }

    @Test
    void splitBytesSendsEveryByteAsAChunkOfItsOwn() throws Exception {
        byte[] body =
                chat("[[simulate {\"text\":\"ā😀\",\"split_bytes\":1}]]", "{\"stream\":true}")
                        .toString()
                        .getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket(engine.url().getHost(), engine.url().getPort())) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            out.write(
                    ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                    + "Content-Length: "
                                    + body.length
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            out.write(body);
            InputStream in = socket.getInputStream();
            String raw = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);

            String chunks = raw.substring(raw.indexOf("\r\n\r\n") + 4);
            assertThat(chunks).startsWith("1\r\nd\r\n1\r\na\r\n").endsWith("\r\n0\r\n\r\n");
            assertThat(chunks.replaceAll("(?s)1\r\n.\r\n", "")).isEqualTo("0\r\n\r\n");
        }
    }

    @Test
    void textCompletionsStreamToo() {
        ObjectNode body =
                (ObjectNode)
                        json(
                                """
                                {"prompt":"once upon","max_tokens":2,"logprobs":1,"stream":true,
                                 "stream_options":{"include_usage":true}}
                                """);
        List<String> lines = EngineClient.events(client.post("/v1/completions", body).body());
        JsonNode first = json(lines.getFirst());
        String whole =
                json(client.post("/v1/completions", body.put("stream", false)).body())
                        .at("/choices/0/text")
                        .asText();

        assertThat(lines).hasSize(5).last().isEqualTo("[DONE]");
        assertThat(first.path("id").asText()).startsWith("cmpl-");
        assertThat(first.path("object").asText()).isEqualTo("text_completion");
        assertThat(choice(first).at("/logprobs/tokens/0").asText())
                .isEqualTo(choice(first).path("text").asText());
        assertThat(
                        choice(first).path("text").asText()
                                + choice(json(lines.get(1))).path("text").asText())
                .isEqualTo(whole);
        assertThat(json(lines.get(3)).at("/usage/completion_tokens").asInt()).isEqualTo(2);
    }

    private static JsonNode choice(JsonNode chunk) {
        return chunk.at("/choices/0");
    }
}
