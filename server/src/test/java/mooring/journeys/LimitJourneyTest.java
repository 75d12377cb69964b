package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Limits as callers and the operator see them, over HTTP.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitJourneyTest {

    private static final Duration HEARD = Duration.ofSeconds(30);

    private static final String SHORT =
            "{\"prompt_tokens\": 10, \"cached_tokens\": 0, \"output_tokens\": 5}";

    private static final String CHEAP = body("tide", SHORT, "\"max_tokens\": 5");

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void aLimitOnAKeyIsToldInEveryAnswerAndRefusesWhatIsBeyondIt() {
        Customer customer = server.customer("1");
        Customer colleague = server.key(customer.organization());
        limit(customer, "{\"key_id\": \"" + customer.keyId() + "\", \"rpm\": 3}");
        awaitHeard(customer, "x-ratelimit-limit-requests");

        Reply second = server.chat(customer, CHEAP);
        assertThat(second.status()).isEqualTo(200);
        assertThat(second.header("x-ratelimit-limit-requests")).isEqualTo("3");
        assertThat(second.header("x-ratelimit-remaining-requests")).isEqualTo("1");
        assertThat(second.header("x-ratelimit-reset-requests")).matches("60s|1m0s");
        Reply streamed = server.chat(customer, body("tide", SHORT, "\"stream\": true"));
        assertThat(streamed.header("x-ratelimit-remaining-requests")).isEqualTo("0");

        Reply refused = server.chat(customer, CHEAP);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.at("/error/type")).isEqualTo("rate_limit_error");
        assertThat(refused.at("/error/code")).isEqualTo("rpm_exceeded");
        assertThat(refused.at("/error/message"))
                .contains("requests per minute of this key", "limit 3", "current 3");
        assertThat(refused.at("/error/limit/scope")).isEqualTo("key");
        assertThat(refused.at("/error/limit/kind")).isEqualTo("rpm");
        assertThat(refused.at("/error/limit/limit")).isEqualTo("3");
        assertThat(refused.at("/error/limit/current")).isEqualTo("3");
        assertThat(refused.header("x-mooring-limit-scope")).isEqualTo("key");
        assertThat(refused.header("x-ratelimit-limit-requests")).isEqualTo("3");
        assertThat(refused.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        int seconds = Integer.parseInt(refused.header("retry-after"));
        assertThat(seconds).isBetween(1, 60);
        assertThat(Integer.parseInt(refused.header("retry-after-ms")))
                .isBetween(1_000 * (seconds - 1) + 1, 1_000 * seconds);
        assertThat(refused.header("x-should-retry")).isEqualTo("true");

        Reply anthropic =
                server.send(
                        "POST",
                        "/anthropic/v1/messages",
                        customer.key(),
                        "{\"model\": \"tide\", \"max_tokens\": 5, \"messages\":"
                                + " [{\"role\": \"user\", \"content\": \"hi\"}]}");
        assertThat(anthropic.status()).isEqualTo(429);
        assertThat(anthropic.at("/error/type")).isEqualTo("rate_limit_error");
        assertThat(anthropic.at("/error/limit/scope")).isEqualTo("key");
        assertThat(anthropic.header("x-ratelimit-limit-requests")).isEqualTo("3");
        assertThat(Integer.parseInt(anthropic.header("retry-after"))).isBetween(1, 60);
        assertThat(Integer.parseInt(anthropic.header("retry-after-ms"))).isPositive();
        assertThat(server.chat(colleague, CHEAP).status()).isEqualTo(200);
    }

    @Test
    void tokensThatAnAnswerDidNotUseAreFreeForTheNextOne() {
        Customer customer = server.customer("1");
        limit(customer, "{\"tpm\": 1000}");
        String wide = body("tide", SHORT, "\"max_tokens\": 700");
        awaitHeard(customer, "x-ratelimit-limit-tokens");
        for (int i = 0; i < 8; i++) {
            Await.until(
                    "the tokens are free again",
                    HEARD,
                    () -> server.chat(customer, wide).status() == 200);
        }
        Reply larger = server.chat(customer, body("tide", SHORT, "\"max_tokens\": 1000"));
        assertThat(larger.status()).isEqualTo(429);
        assertThat(larger.at("/error/code")).isEqualTo("tpm_exceeded");
        assertThat(larger.at("/error/message")).contains("the request alone is larger");
        assertThat(larger.header("x-should-retry")).isEqualTo("false");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt_tokens\": 10, \"output_tokens\": 5}",
                "{\"output_tokens\": 40, \"cut_after_tokens\": 7}",
                "{\"http_error\": 400}",
                "{\"output_tokens\": 40, \"malformed_chunk\": 7}"
            })
    void aRequestsPlaceIsFreeHoweverItEnds(String ending) {
        Customer customer = server.customer("1");
        limit(customer, "{\"concurrency\": 1, \"tpm\": 100000}");
        awaitHeard(customer, "x-ratelimit-limit-tokens");
        for (int i = 0; i < 3; i++) {
            server.chat(customer, body("tide", ending, "\"stream\": true"));
            server.chat(customer, body("tide", ending));
            awaitFree(customer);
        }
    }

    @Test
    void aPlaceIsTakenWhileARequestRunsAndFreeWhenItsCallerLeaves() {
        Customer customer = server.customer("1");
        limit(customer, "{\"concurrency\": 1, \"tpm\": 100000}");
        awaitHeard(customer, "x-ratelimit-limit-tokens");
        String endless = "{\"output_tokens\": 2000, \"tokens_per_second\": 20}";
        RawHttp caller =
                server.open(
                        customer,
                        body("tide", endless, "\"stream\": true", "\"max_tokens\": 2000"));
        assertThat(caller.head().status()).isEqualTo(200);
        Reply refused = server.chat(customer, CHEAP);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.at("/error/code")).isEqualTo("concurrency_exceeded");
        assertThat(refused.at("/error/limit/scope")).isEqualTo("organization");
        caller.close();
        awaitFree(customer);
    }

    @Test
    void whoHasNoMoneyIsToldSoAndKeepsTheLimit() {
        Customer customer = server.customer("0");
        limit(customer, "{\"rpm\": 3}");
        String free = body("gift", SHORT, "\"max_tokens\": 5");
        Await.until(
                "the limit is heard",
                HEARD,
                () ->
                        server.chat(customer, free)
                                .headers()
                                .firstValue("x-ratelimit-limit-requests")
                                .isPresent());
        for (int i = 0; i < 5; i++) {
            Reply refused = server.chat(customer, CHEAP);
            assertThat(refused.at("/error/type")).isEqualTo("insufficient_quota");
            assertThat(refused.at("/error/limit/kind")).isEqualTo("balance");
        }
        assertThat(server.chat(customer, free).header("x-ratelimit-remaining-requests"))
                .isEqualTo("1");
    }

    @Test
    void whatIsPaidInDecidesAboutTheTierWithinASecond() {
        Customer customer = server.customer("1");
        assertThat(tierOf(customer).at("/tier")).isEqualTo("open");
        assertThat(server.chat(customer, CHEAP).headers().firstValue("x-ratelimit-limit-requests"))
                .isEmpty();
        server.topUp(customer.organization(), "5000");
        assertThat(tierOf(customer).at("/tier")).isEqualTo("large");
        assertThat(tierOf(customer).at("/recharged/amount")).isEqualTo("5001.00");
        awaitHeard(customer, "x-ratelimit-limit-requests");
        assertThat(server.chat(customer, CHEAP).header("x-ratelimit-limit-requests"))
                .isEqualTo("5000");
        limit(customer, "{\"tier\": \"open\"}");
        Await.until(
                "the given tier is heard",
                HEARD,
                () ->
                        server.chat(customer, CHEAP)
                                .headers()
                                .firstValue("x-ratelimit-limit-requests")
                                .isEmpty());
    }

    @Test
    void whatWasUsedOfTheDayIsKnownToAnotherNode() {
        Customer customer = server.customer("1");
        limit(customer, "{\"tpd\": 100000}");
        awaitHeard(customer, "x-ratelimit-limit-tokens");
        String large = "{\"prompt_tokens\": 1000, \"cached_tokens\": 400, \"output_tokens\": 5}";
        assertThat(server.chat(customer, body("tide", large)).status()).isEqualTo(200);
        server.awaitBooked();
        try (TestingServer another = server.anotherNode()) {
            Await.until(
                    "the day's use is known",
                    HEARD,
                    () ->
                            another.chat(customer, CHEAP)
                                    .headers()
                                    .firstValue("x-ratelimit-remaining-tokens")
                                    .map(Integer::parseInt)
                                    .filter(left -> left < 99_000)
                                    .isPresent());
            another.awaitBooked();
        }
    }

    private Reply tierOf(Customer customer) {
        return server.operator("GET", limits(customer), null);
    }

    private void limit(Customer customer, String change) {
        Reply changed = server.operator("PATCH", limits(customer), change);
        assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    }

    private static String limits(Customer customer) {
        return "/organizations/" + customer.organization() + "/limits";
    }

    /// One answer is admitted under the limit; those before it were not counted.
    private void awaitHeard(Customer customer, String header) {
        Await.until(
                "the limit is heard",
                HEARD,
                () -> server.chat(customer, CHEAP).headers().firstValue(header).isPresent());
    }

    private void awaitFree(Customer customer) {
        Await.until("the place is free", HEARD, () -> server.chat(customer, CHEAP).status() == 200);
    }
}
