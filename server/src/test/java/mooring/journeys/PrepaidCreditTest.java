package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The way of money: credit, answers, an empty wallet, credit again.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrepaidCreditTest {

    private static final String TEN_AND_FIVE =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}";

    private final TestingServer server = TestingServer.start();

    @BeforeAll
    void startsWithBalancedBooks() {
        server.requireBalancedBooks();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void aNewcomersFirstKeyIsPaidForByTheStartingCredit() {
        Reply answer =
                server.send(
                        "POST",
                        "/v1/chat/completions",
                        server.firstKey(),
                        body("tide", TEN_AND_FIVE));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.at("/mooring/cost/amount")).isEqualTo("0.00002");
        assertThat(answer.at("/mooring/balance/amount")).isEqualTo("4.99998");
        assertThat(server.send("GET", "/v1/users/me/balance", server.firstKey(), null).text())
                .contains("\"available_balance\":4.99998", "\"voucher_balance\":4.99998");
    }

    @Test
    void anAnswerIsChargedAtItsExactPriceAndShownInBalanceAndUsage() {
        Customer customer = server.customer("1");

        Reply answer = server.chat(customer, body("tide", TEN_AND_FIVE));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.at("/usage/prompt_tokens")).isEqualTo("10");
        assertThat(answer.at("/usage/completion_tokens")).isEqualTo("5");
        assertThat(answer.at("/mooring/cost/amount")).isEqualTo("0.00002");
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(booked)
                .containsEntry("input_uncached", 10L)
                .containsEntry("output", 5L)
                .containsEntry("charge", 20_000L)
                .containsEntry("ending", "STOP")
                .containsEntry("estimated", false);
        assertThat(server.available(customer)).isEqualTo("0.99998");
        Reply usage =
                server.operator(
                        "GET", "/organizations/" + customer.organization() + "/usage", null);
        assertThat(usage.at("/totals/requests")).isEqualTo("1");
        assertThat(usage.at("/totals/input_uncached_tokens")).isEqualTo("10");
        assertThat(usage.at("/totals/output_tokens")).isEqualTo("5");
        assertThat(usage.at("/totals/cost/amount")).isEqualTo("0.00002");
        Reply requests =
                server.operator(
                        "GET", "/organizations/" + customer.organization() + "/requests", null);
        assertThat(requests.at("/data/0/id")).isEqualTo(answer.header("x-request-id"));
    }

    @Test
    void aStreamCostsToTheNanoWhatTheWholeAnswerCosts() { // B28 G17
        Customer customer = server.customer("1");

        String stream =
                server.chat(
                                customer,
                                body(
                                        "tide",
                                        TEN_AND_FIVE,
                                        "\"stream\": true",
                                        "\"stream_options\": {\"include_usage\": true}"))
                        .text();

        assertThat(stream)
                .contains("\"prompt_tokens\":10,\"completion_tokens\":5")
                .contains("\"cost\":{\"amount\":\"0.00002\"")
                .endsWith("data: [DONE]\n\n");
        assertThat(server.onlySettlement(customer)).containsEntry("charge", 20_000L);
    }

    @Test
    void cachedPromptTokensCostTheirOwnPrice() {
        Customer customer = server.customer("1");

        Reply answer =
                server.chat(
                        customer,
                        body(
                                "tide",
                                "{\"prompt_tokens\": 100, \"cached_tokens\": 60,"
                                        + " \"output_tokens\": 1}"));

        assertThat(answer.at("/usage/prompt_tokens_details/cached_tokens")).isEqualTo("60");
        // 40 x 1,000 + 60 x 100 + 1 x 2,000.
        assertThat(server.onlySettlement(customer)).containsEntry("charge", 48_000L);
    }

    @Test
    void anEmptyWalletIsRefusedHoldsNothingAndServesAgainAfterATopUp() {
        Customer customer = server.customer("0.0005");
        String question = body("tide", TEN_AND_FIVE, "\"max_tokens\": 150");
        int served = 0;

        Reply answer = server.chat(customer, question);
        while (answer.status() == 200) {
            served++;
            answer = server.chat(customer, question);
        }

        assertThat(served).isPositive();
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.at("/error/type")).isEqualTo("insufficient_quota");
        assertThat(answer.at("/error/code")).isEqualTo("credit_balance_exhausted");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        assertThat(answer.at("/error/message")).contains("available 0.000").contains("needed");
        assertThat(server.held()).isZero();
        assertThat(server.posted(customer)).isEqualTo(500_000L - served * 20_000L);

        server.topUp(customer.organization(), "1");

        assertThat(server.chat(customer, question).status()).isEqualTo(200);
    }

    @Test
    void whoeverNeverPaidIsRefusedBeforeAnEngineIsAsked() {
        Customer customer = server.customer("0");
        int before = server.simulator().log().size() + server.simulator().open();

        Reply answer = server.chat(customer, body("tide-sglang", "", "\"stream\": true"));

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(server.simulator().log().size() + server.simulator().open()).isEqualTo(before);
        assertThat(server.settlements(customer)).isEmpty();
    }

    @Test
    void parallelRequestsNeverSpendMoreThanThereIs() throws InterruptedException {
        Customer customer = server.customer("0.001");
        String question = body("tide", TEN_AND_FIVE, "\"max_tokens\": 100");
        List<Thread> askers = new ArrayList<>();
        List<Integer> statuses = Collections.synchronizedList(new ArrayList<>());

        for (int i = 0; i < 60; i++) {
            askers.add(
                    Thread.startVirtualThread(
                            () -> statuses.add(server.chat(customer, question).status())));
        }
        for (Thread asker : askers) {
            asker.join(Duration.ofSeconds(20));
        }

        server.awaitNoHold();
        assertThat(statuses).hasSize(60).containsOnly(200, 429).contains(200, 429);
        long served = statuses.stream().filter(status -> status == 200).count();
        assertThat(server.posted(customer))
                .isEqualTo(1_000_000L - served * 20_000L)
                .isNotNegative();
    }

    @Test
    void aNewKeyWorksAtOnceAndARevokedOneStopsWithinASecond() {
        Customer customer = server.customer("1");
        Customer another = server.key(customer.organization());
        assertThat(server.chat(another, body("tide", TEN_AND_FIVE)).status()).isEqualTo(200);

        server.revoke(another.keyId());

        Await.until(
                "the revoked key is refused",
                Duration.ofSeconds(10),
                () -> server.chat(another, body("tide", TEN_AND_FIVE)).status() == 401);
        assertThat(server.chat(customer, body("tide", TEN_AND_FIVE)).status()).isEqualTo(200);
    }

    @Test
    void organizationsSeeNothingOfEachOther() {
        Customer one = server.customer("1");
        Customer other = server.customer("2");

        server.chat(one, body("tide", TEN_AND_FIVE));

        server.onlySettlement(one);
        assertThat(server.settlements(other)).isEmpty();
        assertThat(server.available(other)).isEqualTo("2.00");
        assertThat(server.send("GET", "/v1/users/me/balance", other.key(), null).text())
                .contains("\"available_balance\":2.00,");
        for (String page : List.of("usage", "requests", "keys")) {
            String path = "/organizations/" + other.organization() + "/" + page;
            assertThat(server.operator("GET", path, null).text()).doesNotContain(one.keyId());
        }
        Reply management =
                server.send(
                        "GET",
                        "/api/v1/organizations/" + one.organization() + "/usage",
                        other.key(),
                        null);
        assertThat(management.status()).isIn(401, 403);
    }

    @Test
    void cachedPrefixesAreKeptApartByOrganization() { // G30
        Customer one = server.customer("1");
        Customer other = server.customer("1");
        String prompt =
                "{\"model\": \"tide\", \"max_tokens\": 1, \"messages\": [{\"role\": \"user\","
                        + " \"content\": \""
                        + "a long shared prompt ".repeat(60)
                        + "\"}]}";

        server.chat(one, prompt);

        String cached = "/usage/prompt_tokens_details/cached_tokens";
        assertThat(server.chat(one, prompt).json().at(cached).asLong()).isPositive();
        assertThat(server.chat(other, prompt).json().at(cached).asLong()).isZero();
    }

    @Test
    void aFreeModelNeedsNoMoneyAndIsCountedAllTheSame() {
        Customer customer = server.customer("0");

        Reply answer = server.chat(customer, body("gift", TEN_AND_FIVE));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.at("/mooring/cost/amount")).isEqualTo("0.00");
        assertThat(server.onlySettlement(customer))
                .containsEntry("charge", 0L)
                .containsEntry("output", 5L);
    }

    @Test
    void aPricePublishedLaterAppliesToLaterRequestsOnly() {
        try (TestingServer own = TestingServer.start()) {
            Customer customer = own.customer("1");
            String slow =
                    "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5,"
                            + " \"first_token_after_ms\": 700}";
            RawHttp running = own.open(customer, body("tide", slow));
            Await.until(
                    "the engine has it", Duration.ofSeconds(30), () -> own.simulator().open() > 0);

            own.publishPrices("10", "20");

            assertThat(running.head().status()).isEqualTo(200);
            running.close();
            assertThat(own.onlySettlement(customer)).containsEntry("charge", 20_000L);
            own.chat(customer, body("tide", TEN_AND_FIVE));
            Await.until(
                    "the second settlement",
                    Duration.ofSeconds(30),
                    () -> own.settlements(customer).size() == 2);
            assertThat(own.settlements(customer).getLast()).containsEntry("charge", 200_000L);
            own.requireBalancedBooks();
        }
    }
}
