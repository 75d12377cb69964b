package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mooring.simulator.GenerationRecord;
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

/// A second attempt beside a slow first one: whoever has content first answers, and is paid alone.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HedgingTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String ANSWER =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 4}";

    /// Starts at once, so that no content comes in the first 300 ms.
    private static final String SILENT = "{\"silence\": true}";

    private final TestingServer server = TestingServer.start();

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
    @ValueSource(booleans = {true, false})
    void g35TheLoserIsCancelledAtOnceAndCostsNothing(boolean stream) {
        Customer customer = server.customer("1");
        // Which of the two is asked first is the router's choice: the first request finds silence.
        server.simulator().scriptDefault(SILENT);
        server.second().scriptDefault(ANSWER);

        Reply answer = server.chat(customer, body("hedged", "", "\"stream\": " + stream));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(server.onlySettlement(customer))
                .containsEntry("prompt", 10L)
                .containsEntry("output", 4L)
                .containsEntry("charge", 18_000L);
        Await.until("the loser is free", SOON, () -> server.simulator().open() == 0);
        assertThat(server.simulator().log()).allMatch(GenerationRecord::cancelled);
        assertThat(server.second().log()).hasSize(1);
    }

    @Test
    void aFirstAttemptThatFailsBesideTheSecondIsNotNoticed() {
        Customer customer = server.customer("1");
        server.simulator()
                .scriptDefault("{\"cut_after_tokens\": 0, \"first_token_after_ms\": 900}");
        server.second()
                .scriptDefault(
                        "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 4,"
                                + " \"first_token_after_ms\": 1500}");

        Reply answer = server.chat(customer, body("hedged", ""));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(server.onlySettlement(customer)).containsEntry("charge", 18_000L);
    }

    @Test
    void severalAnswersToOnePromptAreNotHedged() {
        Customer customer = server.customer("1");
        String slow =
                "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 4,"
                        + " \"first_token_after_ms\": 900}";
        server.simulator().scriptDefault(slow);
        server.second().scriptDefault(slow);

        Reply answer = server.chat(customer, body("hedged", "", "\"n\": 2"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(server.simulator().log().size() + server.second().log().size()).isEqualTo(1);
    }

    @Test
    void aCallerWhoLeavesCancelsBoth() { // G36
        Customer customer = server.customer("1");
        server.simulator().scriptDefault(SILENT);
        server.second().scriptDefault(SILENT);

        RawHttp caller = server.open(customer, body("hedged", "", "\"stream\": true"));
        Await.until(
                "both are asked",
                SOON,
                () -> server.simulator().open() == 1 && server.second().open() == 1);
        caller.close();

        Await.until(
                "both are free",
                SOON,
                () -> server.simulator().open() == 0 && server.second().open() == 0);
        server.awaitNoHold();
    }
}
