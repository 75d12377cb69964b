package mooring.simulator;

import static mooring.simulator.EngineClient.await;
import static mooring.simulator.EngineClient.chat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultsTest {

    private final EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
    private final EngineClient client = new EngineClient(engine);

    @AfterEach
    void stop() {
        client.close();
        engine.close();
    }

    @Test
    void anOrderedErrorComesWithItsStatusAndDelay() {
        HttpResponse<String> response =
                client.post(
                        "/v1/chat/completions",
                        chat(
                                "[[simulate {\"http_error\":{\"status\":503,\"retry_after\":7}}]]",
                                "{}"));

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("retry-after")).contains("7");
        assertThat(engine.log().getFirst().status()).isEqualTo(503);
        assertThat(engine.log().getFirst().finishReason()).isEqualTo("error");
        assertThat(engine.open()).isZero();
    }

    @Test
    void aCutStreamEndsWithoutItsLastChunk() throws Exception {
        try (RawStream stream = open("{\"cut_after_tokens\":3}")) {
            String all = stream.readToEnd();

            assertThat(all).contains("data: ").doesNotContain("[DONE]").doesNotContain("\r\n0\r\n");
            assertThat(all.split("\"content\"", -1)).hasSize(1 + 1 + 3);
        }
        await(() -> engine.log().size() == 1);
        assertThat(engine.log().getFirst().finishReason()).isEqualTo("cut");
        assertThat(engine.log().getFirst().generatedTokens()).isEqualTo(3);
    }

    @Test
    void aWholeAnswerIsCutBeforeItBegins() {
        assertThatThrownBy(
                        () ->
                                client.post(
                                        "/v1/chat/completions",
                                        chat("[[simulate {\"cut_after_tokens\":3}]]", "{}")))
                .isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void aStalledStreamGoesQuietUntilTheClientLeaves() throws Exception {
        try (RawStream stream = open("{\"stall_after_tokens\":2}")) {
            stream.readUntil("\"content\"", 3);

            assertThat(stream.quietFor(200)).isTrue();
            assertThat(engine.open()).isEqualTo(1);
        }
        await(() -> engine.open() == 0);
        assertThat(engine.log().getFirst().cancelledAfterTokens()).isEqualTo(2);
    }

    @Test
    void aConnectionIsResetBeforeAStatusOrBehindTokens() throws Exception {
        try (RawStream early = open("{\"reset_after_tokens\":0}")) {
            assertThatThrownBy(early::readToEnd).hasMessageContaining("reset");
        }
        try (RawStream late = open("{\"reset_after_tokens\":3}")) {
            assertThatThrownBy(late::readToEnd).hasMessageContaining("reset");
        }
        await(() -> engine.log().size() == 2);
        assertThat(engine.log().getFirst().writtenTokens()).isZero();
        assertThat(engine.log().getLast().finishReason()).isEqualTo("reset");
        assertThat(engine.open()).isZero();
    }

    @Test
    void aHalfOpenConnectionStaysQuietAndHearsNothing() throws Exception {
        try (RawStream stream = open("{\"half_open_after_tokens\":2}")) {
            stream.readUntil("\"content\"", 3);

            assertThat(stream.quietFor(200)).isTrue();
        }
        assertThat(engine.log().getFirst().finishReason()).isEqualTo("half_open");
        assertThat(engine.log().getFirst().cancelled()).isFalse();
    }

    @Test
    void aFlappingEngineAnswersAndResetsInTurn() {
        engine.scriptDefault("{\"text\": \"up\", \"flapping\": {\"up\": 2, \"down\": 1}}");

        for (int turn = 0; turn < 2; turn++) {
            assertThat(text("hello")).isEqualTo("up");
            assertThat(text("hello")).isEqualTo("up");
            assertThatThrownBy(() -> text("hello")).isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void aContextErrorIsARefusalInWordsThatClientsKnow() {
        HttpResponse<String> response =
                client.post(
                        "/v1/chat/completions",
                        chat("[[simulate {\"context_error\":true}]]", "{}"));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("maximum context length is");
    }

    @Test
    void aContentFilterEndsTheAnswerEarly() {
        List<String> lines =
                client.lines(
                        chat(
                                "[[simulate {\"output_tokens\":9,\"content_filter_after_tokens\":2}]]",
                                "{}"));

        assertThat(String.join("", lines)).contains("\"finish_reason\":\"content_filter\"");
        assertThat(engine.log().getFirst().generatedTokens()).isEqualTo(2);
    }

    @Test
    void aSilentEngineSendsNotEvenAStatus() throws Exception {
        try (RawStream stream = open("{\"silence\":true}")) {
            await(() -> engine.open() == 1);

            assertThat(stream.quietFor(200)).isTrue();
        }
        await(() -> engine.open() == 0);
        assertThat(engine.log().getFirst().cancelledAfterTokens()).isZero();
    }

    @Test
    void endMarksAndFinishReasonsCanBeLeftOut() {
        List<String> noDone = client.lines(chat("[[simulate {\"no_done\":true}]]", "{}"));
        List<String> noFinish =
                client.lines(chat("[[simulate {\"no_finish_reason\":true}]]", "{}"));

        assertThat(noDone.getLast()).contains("\"finish_reason\":\"stop\"");
        assertThat(noFinish.getLast()).isEqualTo("[DONE]");
        assertThat(String.join("", noFinish)).doesNotContain("\"finish_reason\":\"");
    }

    @Test
    void aMalformedChunkStandsAmongGoodOnes() {
        List<String> lines =
                client.lines(
                        chat("[[simulate {\"output_tokens\":3,\"malformed_chunk\":2}]]", "{}"));

        assertThat(lines).hasSize(1 + 3 + 1 + 1 + 1);
        assertThat(lines.get(3)).endsWith("\"delta\":{\"con");
        assertThat(lines.getLast()).isEqualTo("[DONE]");
    }

    @Test
    void aRequestWithoutDirectiveTakesTheScriptsOrdersInTurn() {
        engine.scriptDefault("{\"text\": \"default\"}");
        engine.script("{\"text\": \"once\"}", 1);

        assertThat(text("hello")).isEqualTo("once");
        assertThat(text("hello")).isEqualTo("default");
        assertThat(text("[[simulate {\"text\": \"own\"}]]")).isEqualTo("own");
        engine.reset();
        assertThat(text("hello")).isNotEqualTo("default");
        assertThat(engine.log()).hasSize(1);
    }

    private String text(String message) {
        return client.answer(chat(message, "{}")).at("/choices/0/message/content").asText();
    }

    private RawStream open(String directive) throws Exception {
        return RawStream.open(
                engine.url(), chat("[[simulate " + directive + "]]", "{\"stream\":true}"));
    }
}
