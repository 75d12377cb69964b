package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A budget as its owner and the callers under it see it, over HTTP.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BudgetJourneyTest {

    private static final Duration HEARD = Duration.ofSeconds(30);

    private static final String CHEAP =
            body(
                    "tide",
                    "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}",
                    "\"max_tokens\": 5");

    private final TestingServer server = TestingServer.start("--hold-ahead", "32");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void aBudgetThatRunsOutUnderWayEndsTheStreamByItsNameAndBillsWhatWasDelivered() {
        Customer customer = server.customer("1");
        Reply made =
                server.operator(
                        "POST",
                        "/organizations/" + customer.organization() + "/budgets",
                        "{\"key_id\": \""
                                + customer.keyId()
                                + "\", \"period\": \"month\", \"limit\": \"0.0016\"}");
        assertThat(made.status()).isEqualTo(201);
        String dear =
                body(
                        "tide",
                        "{\"prompt_tokens\": 10, \"output_tokens\": 1}",
                        "\"max_tokens\": 4000");
        Await.until(
                "the budget is heard of",
                HEARD,
                () -> server.chat(customer, dear).at("/error/code").startsWith("key_budget"));
        long before = server.posted(customer);

        List<String> events =
                EngineTroubleTest.events(
                        server.open(
                                customer,
                                body(
                                        "tide",
                                        "{\"output_tokens\": 900, \"tokens_per_second\": 300}",
                                        "\"max_tokens\": 3000",
                                        "\"stream\": true")));

        assertThat(events.getLast())
                .contains("\"type\":\"insufficient_quota\"")
                .contains("\"code\":\"key_budget_exceeded\"")
                .contains("limit 0.0016 USD");
        assertThat(events).doesNotContain("[DONE]");
        server.awaitNoHold();
        assertThat(before - server.posted(customer)).isPositive().isLessThanOrEqualTo(1_600_000L);
        assertThat(server.settlements(customer).getLast())
                .containsEntry("ending", "INSUFFICIENT_QUOTA");
    }

    @Test
    void aBudgetStopsAKeyUntilItIsRaisedOrRemoved() {
        Customer customer = server.customer("1");
        Customer colleague = server.key(customer.organization());
        String budgets = "/organizations/" + customer.organization() + "/budgets";
        Reply made =
                server.operator(
                        "POST",
                        budgets,
                        "{\"key_id\": \""
                                + customer.keyId()
                                + "\", \"period\": \"day\", \"limit\": \"0.001\"}");
        assertThat(made.status()).isEqualTo(201);

        Await.until("the budget is used up", HEARD, () -> refused(customer));
        Reply refusal = server.chat(customer, CHEAP);
        assertThat(refusal.status()).isEqualTo(429);
        assertThat(refusal.at("/error/type")).isEqualTo("insufficient_quota");
        assertThat(refusal.at("/error/code")).isEqualTo("key_budget_exceeded");
        assertThat(refusal.at("/error/message"))
                .contains("limit 0.001 USD", "reset at " + made.at("/resets_at"));
        assertThat(refusal.header("x-should-retry")).isEqualTo("false");
        assertThat(server.chat(colleague, CHEAP).status()).isEqualTo(200);

        server.awaitBooked();
        Reply shown = server.operator("GET", budgets, null);
        BigDecimal spent = new BigDecimal(shown.at("/data/0/spent/amount"));
        assertThat(spent).isPositive().isLessThanOrEqualTo(new BigDecimal("0.001"));
        long told =
                server.jdbi()
                        .withHandle(
                                handle ->
                                        handle.createQuery(
                                                        """
                                                        SELECT count(*) FROM outbox
                                                        WHERE topic = 'budget.threshold_reached'
                                                            AND key = :budget
                                                        """)
                                                .bind("budget", made.at("/id"))
                                                .mapTo(Long.class)
                                                .one());
        assertThat(told).isBetween(1L, 3L);

        String path = budgets + "/" + made.at("/id");
        assertThat(server.operator("PATCH", path, "{\"limit\": \"0.002\"}").status())
                .isEqualTo(200);
        Await.until("the raised limit is heard", HEARD, () -> !refused(customer));
        Await.until("it is used up too", HEARD, () -> refused(customer));
        assertThat(server.operator("DELETE", path, null).status()).isEqualTo(200);
        Await.until("nothing limits it any more", HEARD, () -> !refused(customer));
    }

    private boolean refused(Customer customer) {
        return server.chat(customer, CHEAP).status() == 429;
    }
}
