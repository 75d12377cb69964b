package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static mooring.testing.TestingServer.count;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import mooring.simulator.GenerationRecord;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Wherever in a stream its caller leaves, the bill is the engine's own count up to there.
///
/// The engine goes quiet behind each chunk in turn, so that the caller leaves exactly there.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeavingAtEveryChunkTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int CHUNKS = 12;

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tide, /v1/chat/completions, content",
        "tide-sglang, /v1/chat/completions, content",
        "tide-openai, /v1/chat/completions, content",
        "tide, /v1/messages, text_delta",
    })
    void b29g1g2TheBillIsTheEnginesOwnCount(String model, String path, String mark) {
        Customer customer = server.customer("1");
        long paid = 0;
        for (int chunk = 0; chunk <= CHUNKS; chunk++) {
            leaveBehind(chunk, customer, model, path, mark);

            GenerationRecord generated = server.simulator().log().getLast();
            Map<String, Object> booked = nth(chunk + 1, customer);
            assertThat(generated.cancelled()).isTrue();
            assertThat(generated.generatedTokens()).isEqualTo(chunk);
            assertThat(booked)
                    .as("left behind chunk " + chunk)
                    .containsEntry("ending", "CANCELLED")
                    .containsEntry("output", generated.generatedTokens())
                    .containsEntry("input_uncached", (long) generated.promptTokens())
                    .containsEntry("cache_read", 0L)
                    .containsEntry(
                            "charge",
                            generated.promptTokens() * 1_000L
                                    + generated.generatedTokens() * 2_000);
            paid += count(booked, "charge");
        }
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L - paid);
    }

    private void leaveBehind(int chunk, Customer customer, String model, String path, String mark) {
        String directive =
                "{\"output_tokens\": %d, \"cached_tokens\": 0, \"stall_after_tokens\": %d}"
                        .formatted(CHUNKS, chunk);
        String question = body(model, directive, "\"max_tokens\": 100", "\"stream\": true");
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.post(path, customer.key(), question);
            Await.until("the engine has it", SOON, () -> server.simulator().open() == 1);
            if (chunk > 0) {
                assertThat(caller.head().status()).isEqualTo(200);
            }
            for (int read = 0; read < chunk; ) {
                String event = Objects.requireNonNull(caller.event());
                read += event.contains("\"" + mark + "\"") ? 1 : 0;
            }
        }
        Await.until("the engine stopped", SOON, () -> server.simulator().open() == 0);
    }

    /// The customer's settlement of this number, the last one there is.
    private Map<String, Object> nth(int number, Customer customer) {
        Await.until("a settlement", SOON, () -> server.settlements(customer).size() >= number);
        List<Map<String, Object>> rows = server.settlements(customer);
        assertThat(rows).hasSize(number);
        return rows.getLast();
    }
}
