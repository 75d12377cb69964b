package mooring.simulator;

import static mooring.simulator.EngineClient.await;
import static mooring.simulator.EngineClient.chat;
import static mooring.simulator.EngineClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TimingTest {

    @Test
    void anOrderedPaceIsKept() {
        try (EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
                EngineClient client = new EngineClient(engine)) {
            client.stream(
                    chat(
                            """
                            [[simulate {"output_tokens": 11, "tokens_per_second": 50,
                                        "first_token_after_ms": 100}]]
                            """,
                            "{}"));

            GenerationRecord generation = engine.log().getFirst();
            assertThat(millis(generation.startedAt(), first(generation)))
                    .isGreaterThanOrEqualTo(99L);
            assertThat(millis(generation.startedAt(), generation.endedAt()))
                    .isGreaterThanOrEqualTo(299L);
        }
    }

    @Test
    void theEnginesRatesHoldForAllAndLongPromptsDelayTheFirstToken() {
        SimulatorOptions options =
                SimulatorOptions.builder()
                        .promptTokensPerSecond(10_000)
                        .outputTokensPerSecond(100)
                        .build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine)) {
            client.stream(
                    chat("[[simulate {\"prompt_tokens\": 2000, \"output_tokens\": 11}]]", "{}"));

            GenerationRecord generation = engine.log().getFirst();
            assertThat(millis(generation.startedAt(), first(generation)))
                    .isGreaterThanOrEqualTo(199L);
            // From the start and not from the first token, which a busy machine may note late while
            // the end keeps its schedule.
            assertThat(millis(generation.startedAt(), generation.endedAt()))
                    .isGreaterThanOrEqualTo(299L);
        }
    }

    @Test
    void aBatchTakesAsLongAsOneAndASecondBatchWaitsItsTurn() throws Exception {
        SimulatorOptions options =
                SimulatorOptions.builder().outputTokensPerSecond(100).maxNumSeqs(8).build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Instant start = Instant.now();
            List<Callable<Object>> requests = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                requests.add(
                        () -> client.answer(chat("[[simulate {\"output_tokens\":21}]]", "{}")));
            }
            for (Future<Object> done : threads.invokeAll(requests)) {
                done.get();
            }

            // One after another they would take more than three seconds.
            assertThat(millis(start, Instant.now())).isBetween(400L, 2_900L);
        }
    }

    @Test
    void generationStopsAtOnceWhenTheClientLeaves() throws Exception {
        SimulatorOptions options = SimulatorOptions.builder().outputTokensPerSecond(100).build();
        try (EngineSimulator engine = EngineSimulator.start(options)) {
            Instant left;
            try (RawStream stream =
                    RawStream.open(
                            engine.url(),
                            chat("[[simulate {\"output_tokens\":5000}]]", "{\"stream\":true}"))) {
                stream.readUntil("\"content\"", 6);
                left = Instant.now();
            }

            await(() -> engine.open() == 0);
            GenerationRecord generation = engine.log().getFirst();
            assertThat(generation.finishReason()).isEqualTo("cancelled");
            assertThat(generation.cancelledAfterTokens()).isEqualTo(generation.generatedTokens());
            assertThat(generation.generatedTokens()).isBetween(5L, 1_000L);
            assertThat(generation.writtenTokens()).isEqualTo(generation.generatedTokens());
            // All 5,000 would have taken 50 seconds.
            assertThat(millis(left, generation.endedAt())).isLessThan(10_000);
        }
    }

    @Test
    void aClientThatLeavesAWholeAnswerOrTheQueueFreesItsPlace() throws Exception {
        SimulatorOptions options =
                SimulatorOptions.builder().outputTokensPerSecond(100).maxNumSeqs(1).build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine)) {
            String endless = "[[simulate {\"output_tokens\":5000}]]";
            try (RawStream running = RawStream.open(engine.url(), chat(endless, "{}"));
                    RawStream waiting = RawStream.open(engine.url(), chat(endless, "{}"))) {
                assertThat(running).isNotNull();
                assertThat(waiting).isNotNull();
                await(() -> client.get("/metrics").body().contains("requests_deferred 1\n"));
                assertThat(engine.open()).isEqualTo(2);
            }

            await(() -> engine.open() == 0);
            assertThat(client.answer(chat("hello", "{\"max_tokens\":1}"))).isNotNull();
        }
    }

    @Test
    void aFullQueueRefuses() throws Exception {
        SimulatorOptions options =
                SimulatorOptions.builder()
                        .outputTokensPerSecond(100)
                        .maxNumSeqs(1)
                        .maxWaiting(1)
                        .build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine)) {
            String endless = "[[simulate {\"output_tokens\":5000}]]";
            try (RawStream running = RawStream.open(engine.url(), chat(endless, "{}"))) {
                assertThat(running).isNotNull();
                await(() -> client.get("/metrics").body().contains("requests_processing 1\n"));
                try (RawStream waiting = RawStream.open(engine.url(), chat(endless, "{}"))) {
                    assertThat(waiting).isNotNull();
                    await(() -> client.get("/metrics").body().contains("requests_deferred 1\n"));

                    assertThat(
                                    client.post("/v1/chat/completions", chat("hello", "{}"))
                                            .statusCode())
                            .isEqualTo(503);
                }
            }
        }
    }

    @Test
    void aSlowReaderHoldsUpItsOwnStreamOnly() throws Exception {
        SimulatorOptions options = SimulatorOptions.builder().contextTokens(10_000_000).build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine);
                RawStream slow =
                        RawStream.open(
                                engine.url(),
                                chat(
                                        "[[simulate {\"output_tokens\":200000}]]",
                                        "{\"stream\":true}"))) {
            slow.readUntil("data: ", 1);

            assertThat(client.answer(chat("hello", "{}"))).isNotNull();
            assertThat(engine.open()).isEqualTo(1);
            assertThat(slow.readToEnd()).contains("[DONE]");
            assertThat(engine.log().getLast().generatedTokens()).isEqualTo(200_000);
        }
    }

    @Test
    void theScriptCanBeGivenOverHttp() {
        try (EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
                EngineClient client = new EngineClient(engine)) {
            client.post(
                    "/simulator/script",
                    json(
                            "{\"next\": {\"output_tokens\": 3}, \"times\": 2, \"default\": {\"output_tokens\": 5}}"));

            List<Integer> counts = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                counts.add(
                        client.answer(chat("hello", "{}")).at("/usage/completion_tokens").asInt());
            }
            assertThat(counts).containsExactly(3, 3, 5);
            assertThat(client.post("/simulator/script", json("{\"nxt\": {}}")).body())
                    .contains("unknown key");
            assertThat(
                            json(client.get("/simulator/log?last=1").body())
                                    .at("/records/0/generated_tokens")
                                    .asInt())
                    .isEqualTo(5);
            client.post("/simulator/reset", json("{}"));
            assertThat(json(client.get("/simulator/log").body()).path("total").asInt()).isZero();
        }
    }

    private static Instant first(GenerationRecord generation) {
        Instant first = generation.firstTokenAt();
        if (first == null) {
            throw new AssertionError("no token: " + generation);
        }
        return first;
    }

    private static long millis(Instant from, Instant to) {
        return Duration.between(from, to).toMillis();
    }
}
