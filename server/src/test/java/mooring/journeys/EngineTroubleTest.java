package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Engines that break, stall, refuse or babble: unseen before the first content, told after it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EngineTroubleTest {

    private static final String STREAM = "\"stream\": true";

    private final TestingServer server =
            TestingServer.start("--first-content-timeout", "4s", "--idle-timeout", "3s");

    @BeforeEach
    void forget() {
        server.simulator().reset();
        server.second().reset();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"cut_after_tokens\": 0}",
                "{\"http_error\": 500}",
                "{\"http_error\": {\"status\": 503, \"retry_after\": 1}}",
                "{\"malformed_chunk\": 0}",
            })
    void aReplicaThatFailsBeforeContentIsReplacedUnseen(String fault) { // G25
        Customer customer = server.customer("1");
        server.simulator().script(fault, 1);
        server.second().scriptDefault("{\"prompt_tokens\": 10, \"output_tokens\": 4}");

        Reply answer = server.chat(customer, body("pair", "", STREAM));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).endsWith("data: [DONE]\n\n").doesNotContain("error");
        assertThat(server.onlySettlement(customer))
                .containsEntry("prompt", 10L)
                .containsEntry("output", 4L);
        assertThat(server.second().log()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"output_tokens\": 40, \"prompt_tokens\": 10, \"cached_tokens\": 0,"
                        + " \"cut_after_tokens\": 7}",
                "{\"output_tokens\": 40, \"prompt_tokens\": 10, \"cached_tokens\": 0,"
                        + " \"malformed_chunk\": 7}",
                "{\"output_tokens\": 7, \"prompt_tokens\": 10, \"cached_tokens\": 0,"
                        + " \"no_finish_reason\": true}",
                "{\"output_tokens\": 40, \"prompt_tokens\": 10, \"cached_tokens\": 0,"
                        + " \"stall_after_tokens\": 7}",
            })
    void aStreamCutBehindContentSaysSoAndOnlyTheDeliveredPartIsPaid(String fault) { // G26
        Customer customer = server.customer("1");

        List<String> events = events(server.open(customer, body("tide", fault, STREAM)));

        assertThat(events.getLast())
                .startsWith("{\"error\":{")
                .contains("\"type\":\"server_error\"");
        assertThat(events).doesNotContain("[DONE]");
        assertThat(events.stream().filter(event -> event.contains("finish_reason\":\""))).isEmpty();
        assertThat(events.stream().filter(event -> event.contains("\"content\""))).hasSize(7);
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked)
                .containsEntry("ending", "ENGINE_LOST")
                .containsEntry("prompt", 10L)
                .containsEntry("output", 7L)
                .containsEntry("charge", 24_000L);
        Await.until("the engine is free", SOON, () -> server.simulator().open() == 0);
    }

    private static final Duration SOON = Duration.ofSeconds(30);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"output_tokens\": 40, \"cut_after_tokens\": 7}",
                "{\"output_tokens\": 40, \"malformed_chunk\": 7}",
                "{\"output_tokens\": 7, \"no_finish_reason\": true}",
            })
    void aWholeAnswerThatBreaksOffIsAnErrorAndFree(String fault) {
        Customer customer = server.customer("1");

        Reply answer = server.chat(customer, body("tide", fault));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.at("/error/code")).isEqualTo("engine_failed");
        server.awaitNoHold();
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L);
        assertThat(server.settlements(customer)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAM, "\"stream\": false"})
    void g4AnEngineThatStaysSilentIsTimedOutBeforeAnyStatus(String stream) {
        Customer customer = server.customer("1");

        Reply answer = server.chat(customer, body("tide", "{\"silence\": true}", stream));

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.at("/error/code")).isEqualTo("engine_timeout");
        assertThat(answer.at("/error/message")).contains("no content within 4 s");
        server.awaitNoHold();
        assertThat(server.settlements(customer)).isEmpty();
        Await.until("the engine is free", SOON, () -> server.simulator().open() == 0);
    }

    @Test
    void anEngineThatOpensItsAnswerAndSaysNothingIsTimedOutToo() { // G4
        Customer customer = server.customer("1");

        Reply answer = server.chat(customer, body("tide", "{\"stall_after_tokens\": 0}", STREAM));

        assertThat(answer.status()).isEqualTo(504);
        server.awaitNoHold();
    }

    @Test
    void aWholeAnswerThatStallsIsFree() {
        Customer customer = server.customer("1");

        Reply answer =
                server.chat(
                        customer,
                        body("tide", "{\"output_tokens\": 9, \"stall_after_tokens\": 3}"));

        assertThat(answer.status()).isEqualTo(504);
        server.awaitNoHold();
        assertThat(server.settlements(customer)).isEmpty();
    }

    @Test
    void whatNoReplicaCanDoIsAnErrorStatusEvenForAStream() { // G4 G27
        Customer customer = server.customer("1");
        server.simulator().scriptDefault("{\"http_error\": 500}");
        server.second().scriptDefault("{\"http_error\": 500}");

        Reply answer = server.chat(customer, body("pair", "", STREAM));

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        server.awaitNoHold();
        assertThat(server.settlements(customer)).isEmpty();
    }

    @Test
    void aBusyEngineIsOverloadWithItsOwnRetryAfter() {
        Customer customer = server.customer("1");
        server.simulator().scriptDefault("{\"http_error\": {\"status\": 429, \"retry_after\": 7}}");

        Reply answer = server.chat(customer, body("tide", ""));

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.at("/error/code")).isEqualTo("engine_overloaded");
        assertThat(answer.header("retry-after")).isEqualTo("7");
        server.awaitNoHold();
    }

    static List<String> events(RawHttp caller) {
        try (caller) {
            assertThat(caller.head().status()).isEqualTo(200);
            List<String> events = new ArrayList<>();
            for (String event = caller.event(); event != null; event = caller.event()) {
                events.add(event);
            }
            return events;
        }
    }
}
