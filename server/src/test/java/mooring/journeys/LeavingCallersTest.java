package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static mooring.testing.TestingServer.count;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import mooring.simulator.GenerationRecord;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whoever leaves early pays for what was computed, and the engine stops.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeavingCallersTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String LONG =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 4000,"
                    + " \"tokens_per_second\": 100}";
    private static final String LIMIT = "\"max_tokens\": 4000";

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tide", "tide-sglang", "tide-openai"})
    void aCallerWhoLeavesMidStreamPaysForInputAndTheOutputSoFar(String model) {
        Customer customer = server.customer("1");
        RawHttp caller = server.open(customer, body(model, LONG, LIMIT, "\"stream\": true"));
        assertThat(caller.head().status()).isEqualTo(200);
        int read = 0;
        while (read < 20) {
            assertThat(caller.event()).contains("content");
            read++;
        }

        caller.close();

        Duration stopped = awaitEngineIdle();
        assertThat(stopped).isLessThan(Await.onThisMachine(Duration.ofSeconds(1)));
        Map<String, Object> booked = server.onlySettlement(customer);
        GenerationRecord generated = server.simulator().log().getLast();
        assertThat(generated.cancelled()).isTrue();
        assertThat(booked).containsEntry("ending", "CANCELLED");
        if (model.equals("tide-openai")) {
            // Its tokenizer is asked, since it never said what the prompt counts.
            assertThat(count(booked, "prompt")).isPositive();
        } else {
            assertThat(booked).containsEntry("prompt", 10L);
        }
        assertThat(count(booked, "output")).isBetween((long) read, generated.generatedTokens());
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L - count(booked, "charge"));
    }

    @Test
    void b31ACallerWhoLeavesBeforeTheFirstTokenPaysForTheInputOnly() {
        Customer customer = server.customer("1");
        String waiting = "{\"output_tokens\": 50, \"first_token_after_ms\": 20000}";
        RawHttp caller = server.open(customer, body("tide", waiting, "\"stream\": true"));
        awaitEngineBusy();

        caller.close();

        assertThat(awaitEngineIdle()).isLessThan(Await.onThisMachine(Duration.ofSeconds(1)));
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked)
                .containsEntry("ending", "CANCELLED")
                .containsEntry("output", 0L)
                .containsEntry("estimated", true);
        // The engine's tokenizer counted what it never reported.
        assertThat(count(booked, "input_uncached"))
                .isEqualTo(server.simulator().log().getLast().promptTokens());
    }

    @Test
    void aCallerWhoLeavesAWholeAnswerPaysForWhatWasGenerated() { // G3
        Customer customer = server.customer("1");
        RawHttp caller = server.open(customer, body("tide", LONG, LIMIT));
        awaitEngineBusy();
        // Half a second of tokens at a hundred a second.
        Await.until(
                "some tokens were generated",
                SOON,
                () ->
                        server.send("GET", "/v1/models", customer.key(), null).status() == 200
                                && generatedSoFar() > 20);

        caller.close();

        assertThat(awaitEngineIdle()).isLessThan(Await.onThisMachine(Duration.ofSeconds(1)));
        Map<String, Object> booked = server.onlySettlement(customer);
        GenerationRecord generated = server.simulator().log().getLast();
        assertThat(booked)
                .containsEntry("ending", "CANCELLED")
                .containsEntry("streamed", false)
                .containsEntry("prompt", 10L);
        assertThat(count(booked, "output")).isBetween(1L, generated.generatedTokens());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void g2OfAProviderThatBillsItAnywayAllOfAnAbandonedAnswerIsBookedAsItCounts(boolean stream) {
        Customer customer = server.customer("1");
        String answer =
                "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 200,"
                        + " \"tokens_per_second\": 100}";
        RawHttp caller = server.open(customer, body("billed", answer, "\"stream\": " + stream));
        awaitEngineBusy();

        caller.close();

        awaitEngineIdle();
        assertThat(server.onlySettlement(customer))
                .containsEntry("ending", "CANCELLED")
                .containsEntry("estimated", false)
                .containsEntry("prompt", 10L)
                .containsEntry("output", 200L);
        assertThat(server.simulator().log().getLast().cancelled()).isFalse();
    }

    @Test
    void aCallerWhoLeavesAmongSeveralChoicesPaysForAllOfThem() {
        Customer customer = server.customer("1");
        RawHttp caller =
                server.open(customer, body("tide", LONG, LIMIT, "\"stream\": true", "\"n\": 3"));
        assertThat(caller.head().status()).isEqualTo(200);
        int read = 0;
        while (read < 60) {
            if (Objects.requireNonNull(caller.event()).contains("\"content\"")) {
                read++;
            }
        }

        caller.close();

        awaitEngineIdle();
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(count(booked, "output"))
                .isBetween((long) read, server.simulator().log().getLast().generatedTokens());
        // Counted by the tokenizer, once: no running count covers several choices.
        assertThat(count(booked, "prompt")).isBetween(10L, 100L);
    }

    @Test
    void theOfficialEndIsBookedBeforeACallerCanLeaveAfterIt() { // G29
        Customer customer = server.customer("1");
        RawHttp caller =
                server.open(customer, body("tide", "{\"output_tokens\": 3}", "\"stream\": true"));
        caller.head();
        String event = caller.event();
        while (!java.util.Objects.requireNonNull(event).contains("\"finish_reason\":\"stop\"")
                && !event.contains("\"finish_reason\":\"length\"")) {
            event = caller.event();
        }

        assertThat(server.settlements(customer)).hasSize(1);
        caller.close();
    }

    /// Tokens that the engine says it made, over all requests.
    private long generatedSoFar() {
        try (RawHttp metrics = RawHttp.connect(server.simulator().url().toString())) {
            metrics.send("GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n");
            metrics.head();
            return metrics.body()
                            .lines()
                            .filter(line -> line.startsWith("vllm:num_requests_running"))
                            .mapToLong(line -> (long) Double.parseDouble(line.split(" ")[1]))
                            .sum()
                    * 100;
        }
    }

    private void awaitEngineBusy() {
        Await.until("the engine has it", SOON, () -> server.simulator().open() > 0);
    }

    private Duration awaitEngineIdle() {
        return Await.until("the engine stopped", SOON, () -> server.simulator().open() == 0);
    }
}
