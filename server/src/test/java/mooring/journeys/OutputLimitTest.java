package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import mooring.engine.wire.ReservedFields;
import mooring.simulator.GenerationRecord;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// No field of a request outruns the output that was paid for, by whatever name an engine knows it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutputLimitTest {

    /// What our own dialect reads under these names.
    private static final Set<String> OURS =
            Set.of(
                    "model",
                    "messages",
                    "stream",
                    "stream_options",
                    "max_tokens",
                    "max_completion_tokens",
                    "n",
                    "service_tier",
                    "user");

    /// What the gateway itself sends to vLLM.
    private static final Set<String> SENT =
            Set.of("model", "messages", "max_tokens", "stream", "stream_options", "cache_salt");

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    static Stream<String> reserved() {
        return ReservedFields.names().stream().filter(name -> !OURS.contains(name)).sorted();
    }

    @ParameterizedTest
    @MethodSource("reserved")
    void aReservedFieldNeverReachesTheEngineWhateverTheCatalogueLists(String field) {
        server.simulator().reset();

        Reply answer =
                server.chat(
                        customer,
                        body(
                                "tide",
                                "{\"output_tokens\": 500}",
                                "\"max_tokens\": 5",
                                "\"" + field + "\": 400"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("x-mooring-ignored-fields")).isEqualTo(field);
        GenerationRecord generated = server.simulator().log().getLast();
        assertThat(generated.generatedTokens()).isEqualTo(5);
        assertThat(new TreeSet<>(generated.fields())).isEqualTo(new TreeSet<>(SENT));
    }

    @Test
    void ofTwoLimitsTheNewerNameCounts() {
        Reply answer =
                server.chat(
                        customer,
                        body(
                                "tide",
                                "{\"output_tokens\": 500}",
                                "\"max_tokens\": 50",
                                "\"max_completion_tokens\": 5"));

        assertThat(answer.at("/usage/completion_tokens")).isEqualTo("5");
        assertThat(answer.at("/choices/0/finish_reason")).isEqualTo("length");
    }

    @Test
    void withoutALimitTheModelsOwnIsSent() {
        Reply answer = server.chat(customer, body("tide", "{\"output_tokens\": 500}"));

        assertThat(answer.at("/usage/completion_tokens")).isEqualTo("256");
    }

    @Test
    void fieldsThatNobodyReadsAreNamedAndThoseTheModelTakesAreSent() {
        Reply answer =
                server.chat(
                        customer,
                        body(
                                "tide",
                                "",
                                "\"min_p\": 0.1",
                                "\"mirostat\": 2",
                                "\"store\": true",
                                "\"user\": \"me\""));

        assertThat(List.of(answer.header("x-mooring-ignored-fields").split(", ")))
                .containsExactlyInAnyOrder("mirostat", "store");
        assertThat(server.simulator().log().getLast().fields())
                .contains("min_p")
                .doesNotContain("mirostat", "store", "user");
    }
}
