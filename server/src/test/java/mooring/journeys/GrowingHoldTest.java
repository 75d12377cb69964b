package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static mooring.testing.TestingServer.count;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A stream's money is set aside piece by piece, always ahead of what was generated.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrowingHoldTest {

    private static final String STREAM = "\"stream\": true";
    private static final String LIMIT = "\"max_tokens\": 1000";

    private final TestingServer server = TestingServer.start("--hold-ahead", "32");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void theHoldGrowsWhileALongStreamRuns() {
        Customer customer = server.customer("1");
        String paced =
                "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 200,"
                        + " \"tokens_per_second\": 400}";
        RawHttp caller = server.open(customer, body("tide", paced, LIMIT, STREAM));
        caller.head();
        caller.event();
        long first = server.held();
        for (int i = 0; i < 120; i++) {
            caller.event();
        }

        long later = server.held();

        assertThat(first).isLessThan(600_000L);
        assertThat(later).isGreaterThan(first).isGreaterThanOrEqualTo(120 * 2_000L);
        while (caller.event() != null) {
            // To its end.
        }
        assertThat(server.onlySettlement(customer))
                .containsEntry("output", 200L)
                .containsEntry("shortfall", 0L);
    }

    @ParameterizedTest
    @CsvSource({"tide, 1", "tide, 3", "tide-openai, 1", "tide-openai, 3"})
    void moneyThatRunsOutEndsTheStreamInBandAndBillsWhatWasDelivered(String model, int choices) {
        Customer customer = server.customer("0.0016");
        String paced = "{\"output_tokens\": 900, \"tokens_per_second\": 300}";

        List<String> events =
                EngineTroubleTest.events(
                        server.open(
                                customer, body(model, paced, LIMIT, STREAM, "\"n\": " + choices)));

        assertThat(events.getLast()).contains("\"type\":\"insufficient_quota\"");
        assertThat(events).doesNotContain("[DONE]");
        long delivered = events.stream().filter(event -> event.contains("\"content\"")).count();
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked)
                .containsEntry("ending", "INSUFFICIENT_QUOTA")
                .containsEntry("shortfall", 0L);
        assertThat(count(booked, "output")).isEqualTo(delivered);
        assertThat(server.posted(customer))
                .isEqualTo(1_600_000L - count(booked, "charge"))
                .isNotNegative();
    }

    @Test
    void aWholeAnswerIsHeldForInFullFromTheStart() {
        Customer customer = server.customer("0.0016");

        assertThat(server.chat(customer, body("tide", "{\"output_tokens\": 1}", LIMIT)).status())
                .isEqualTo(429);
        assertThat(server.held()).isZero();
    }
}
