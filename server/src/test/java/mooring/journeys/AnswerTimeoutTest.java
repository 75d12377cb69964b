package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static mooring.testing.TestingServer.count;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// An answer has an end of time, however lively it is.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswerTimeoutTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String LATE = "the answer was not whole within 4 s";

    /// Content all the time, for longer than any test waits.
    private static final String ENDLESS =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 4000,"
                    + " \"tokens_per_second\": 20}";

    private final TestingServer server = TestingServer.start("--answer-timeout", "4s");

    @AfterEach
    void theEngineIsFree() {
        Await.until("the engine is free", SOON, () -> server.simulator().open() == 0);
        server.simulator().reset();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void aStreamEndsWithAnErrorAndIsPaidAsFarAsItCame() {
        Customer customer = server.customer("1");

        List<String> events =
                EngineTroubleTest.events(
                        server.open(customer, body("tide", ENDLESS, "\"stream\": true")));

        assertThat(events.getLast()).contains(LATE, "engine_timeout");
        assertThat(String.join("\n", events)).doesNotContain("[DONE]");
        Map<String, Object> settlement = server.onlySettlement(customer);
        assertThat(count(settlement, "output")).isPositive();
        assertThat(count(settlement, "charge"))
                .isEqualTo(
                        1_000 * count(settlement, "prompt") + 2_000 * count(settlement, "output"));
    }

    @Test
    void aWholeAnswerIsAnErrorAndFree() {
        Customer customer = server.customer("1");

        Reply answer = server.chat(customer, body("tide", ENDLESS));

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.at("/error/code")).isEqualTo("engine_timeout");
        assertThat(answer.at("/error/message")).contains(LATE);
        server.awaitNoHold();
        assertThat(server.settlements(customer)).isEmpty();
    }

    @Test
    void silenceCountsToo() {
        Customer customer = server.customer("1");

        Reply answer =
                server.chat(customer, body("tide", "{\"silence\": true}", "\"stream\": true"));

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.at("/error/message")).contains(LATE);
        server.awaitNoHold();
        assertThat(server.settlements(customer)).isEmpty();
    }
}
