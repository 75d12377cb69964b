package mooring.simulator;

import static mooring.simulator.EngineClient.await;
import static mooring.simulator.EngineClient.chat;
import static mooring.simulator.EngineClient.content;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mooring.simulator.text.Tokenizer;
import org.junit.jupiter.api.Test;

class LoadTest {

    private static final int REQUESTS = 2_000;

    /// A request as its client saw it.
    private record Seen(String id, int tokens) {}

    @Test
    void twoThousandRequestsAtOnceAreEachAnsweredAndLoggedOnce() throws Exception {
        SimulatorOptions options =
                SimulatorOptions.builder().outputTokensPerSecond(200).maxNumSeqs(500).build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Seen>> requests = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                String message = "[[simulate {\"output_tokens\": " + (1 + i % 20) + "}]] " + i;
                requests.add(
                        i % 2 == 0
                                ? () -> whole(client, message)
                                : () -> streamed(client, message));
            }

            Map<String, Integer> seen = new HashMap<>();
            int i = 0;
            for (Future<Seen> done : threads.invokeAll(requests)) {
                assertThat(done.get().tokens()).isEqualTo(1 + i++ % 20);
                seen.put(done.get().id(), done.get().tokens());
            }

            await(() -> engine.open() == 0);
            assertThat(seen).hasSize(REQUESTS);
            assertThat(engine.log()).hasSize(REQUESTS);
            for (GenerationRecord generation : engine.log()) {
                assertThat(seen.get(generation.id()))
                        .isEqualTo((int) generation.generatedTokens())
                        .isEqualTo((int) generation.writtenTokens());
            }
        }
    }

    private static Seen whole(EngineClient client, String message) {
        var answer = client.answer(chat(message, "{}"));
        return new Seen(answer.path("id").asText(), answer.at("/usage/completion_tokens").asInt());
    }

    private static Seen streamed(EngineClient client, String message) {
        var chunks = client.stream(chat(message, "{\"stream_options\":{\"include_usage\":true}}"));
        assertThat(Tokenizer.count(content(chunks)))
                .isEqualTo(chunks.getLast().at("/usage/completion_tokens").asInt());
        return new Seen(
                chunks.getFirst().path("id").asText(),
                chunks.getLast().at("/usage/completion_tokens").asInt());
    }
}
