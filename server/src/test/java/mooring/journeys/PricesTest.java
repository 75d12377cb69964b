package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static mooring.testing.TestingServer.count;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a request costs: by tier, band, call, list and instant; and what it would cost at most.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PricesTest {

    private static final String HUNDRED_AND_TEN =
            "{\"prompt_tokens\": 100, \"cached_tokens\": 0, \"output_tokens\": 10}";

    private final TestingServer server = TestingServer.start();

    @BeforeEach
    void publishTheUsualPrices() {
        server.publishPrices("1", "2");
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            // Rates every settlement again, with its tier, band and calls.
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "auto, standard, default, 120000",
        "default, standard, default, 120000",
        "scale, standard, default, 120000",
        "standard, standard, default, 120000",
        "flex, batch, flex, 60000",
        "batch, batch, flex, 60000",
        "priority, priority, priority, 360000"
    })
    void aTierIsServedAtItsOwnPriceAndTheAnswerSaysWhich(
            String asked, String booked, String said, long charge) {
        String tier = "\"service_tier\": \"" + asked + "\"";
        Customer customer = server.customer("1");
        Reply whole = server.chat(customer, body("tiers", HUNDRED_AND_TEN, tier));
        assertThat(whole.at("/service_tier")).isEqualTo(said);
        assertThat(server.onlySettlement(customer))
                .containsEntry("tier", booked)
                .containsEntry("charge", charge);

        Customer streaming = server.customer("1");
        String events =
                server.chat(streaming, body("tiers", HUNDRED_AND_TEN, tier, "\"stream\": true"))
                        .text();
        assertThat(events).contains("\"service_tier\":\"" + said + "\"");
        assertThat(server.onlySettlement(streaming)).containsEntry("charge", charge);
    }

    @Test
    void aTierThatTheModelDoesNotOfferIsRefusedAndNeverReplaced() {
        Customer customer = server.customer("1");
        Reply refused =
                server.chat(
                        customer, body("tide", HUNDRED_AND_TEN, "\"service_tier\": \"priority\""));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.at("/error/param")).isEqualTo("service_tier");
        assertThat(refused.at("/error/message"))
                .isEqualTo(
                        "service_tier: \"priority\" (expected: one that model \"tide\" offers:"
                                + " standard)");
        Reply unknown =
                server.chat(
                        customer, body("tiers", HUNDRED_AND_TEN, "\"service_tier\": \"urgent\""));
        assertThat(unknown.status()).isEqualTo(400);
        assertThat(unknown.at("/error/message"))
                .contains("(expected: auto, default, standard, flex, batch, priority or scale)");
        assertThat(server.settlements(customer)).isEmpty();
    }

    @Test
    void g9AHoldIsPricedByTheTierThatWasAskedFor() {
        // Enough for the standard price of prompt and limit, not for three times that.
        Customer customer = server.customer("0.003");
        String limit = "\"max_tokens\": 1000";
        Reply refused =
                server.chat(
                        customer,
                        body("tiers", HUNDRED_AND_TEN, limit, "\"service_tier\": \"priority\""));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(server.chat(customer, body("tiers", HUNDRED_AND_TEN, limit)).status())
                .isEqualTo(200);
    }

    @Test
    void theWholePromptDecidesTheBandAndTheBandPricesEveryToken() {
        publish(
                "{bands: [{from: 0, input: \"1\", output: \"2\"}, {from: 100, input: \"3\", output:"
                        + " \"5\"}]}",
                "");
        assertThat(charge("tide", 99)).isEqualTo(99 * 1_000 + 10 * 2_000);
        assertThat(charge("tide", 100)).isEqualTo(100 * 3_000 + 10 * 5_000);
    }

    @Test
    void aPricePerRequestIsChargedOnceAndBookedWithTheRequest() {
        publish("{input: \"1\", output: \"2\", calls: {request: \"0.0005\"}}", "");
        Customer customer = server.customer("1");
        server.chat(customer, body("tide", HUNDRED_AND_TEN, "\"n\": 2"));
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(String.valueOf(booked.get("calls"))).isEqualTo("{\"request\": 1}");
        assertThat(count(booked, "charge"))
                .isEqualTo(100 * 1_000 + count(booked, "output") * 2_000 + 500_000);
    }

    @Test
    void anOrganizationPaysByItsOwnListFromTheInstantThatItIsGiven() {
        publish(
                "{input: \"1\", output: \"2\"}",
                "lists: {partner: {models: {tide: {input: \"0.5\", output: \"1\"}}}}\n");
        Customer partner = server.customer("1");
        Customer other = server.customer("1");
        String lists = "/organizations/" + partner.organization() + "/price-lists";
        Reply assigned = server.operator("POST", lists, "{\"list\": \"partner\"}");
        assertThat(assigned.status()).as(assigned.text()).isEqualTo(201);
        assertThat(server.operator("GET", lists, null).at("/data/0/list")).isEqualTo("partner");
        server.chat(partner, body("tide", HUNDRED_AND_TEN));
        server.chat(other, body("tide", HUNDRED_AND_TEN));
        assertThat(server.onlySettlement(partner)).containsEntry("charge", 60_000L);
        assertThat(server.onlySettlement(other)).containsEntry("charge", 120_000L);
        assertThat(server.send("GET", "/v1/models/tide", partner.key(), null).at("/pricing/input"))
                .isEqualTo("0.5");
        Reply unknown = server.operator("POST", lists, "{\"list\": \"nobody\"}");
        assertThat(unknown.status()).isEqualTo(400);
        assertThat(unknown.at("/error/param")).isEqualTo("list");
    }

    @Test
    void b14APriceThatTakesEffectLaterPricesNothingBefore() {
        Customer before = server.customer("1");
        Instant soon = Instant.now().plus(Duration.ofSeconds(5));
        write("{input: \"4\", output: \"8\"}", "");
        Reply published = server.operator("POST", "/prices/publish?effective_from=" + soon, null);
        assertThat(published.status()).as(published.text()).isEqualTo(201);
        server.chat(before, body("tide", HUNDRED_AND_TEN));
        if (Instant.now().isBefore(soon)) {
            // Admitted before the instant for certain.
            assertThat(server.onlySettlement(before)).containsEntry("charge", 120_000L);
        }
        Await.until("the instant", Duration.ofSeconds(30), () -> Instant.now().isAfter(soon));
        assertThat(charge("tide", 100)).isEqualTo(480_000);
        assertThat(server.operator("GET", "/prices", null).at("/effective_from"))
                .isEqualTo(published.at("/effective_from"));
    }

    @Test
    void whatIsToComeIsShownAndThePastIsRefused() {
        write("{input: \"7\", output: \"8\"}", "");
        Reply published =
                server.operator(
                        "POST", "/prices/publish?effective_from=2099-01-01T00:00:00Z", null);
        assertThat(published.status()).isEqualTo(201);
        assertThat(published.at("/effective_from")).isEqualTo("2099-01-01T00:00:00Z");
        JsonNode now = server.operator("GET", "/prices", null).json();
        assertThat(now.at("/next/0/id").asText()).isEqualTo(published.at("/id"));
        assertThat(now.at("/unpublished_changes")).isEmpty();
        assertThat(server.operator("GET", "/prices?at=2099-01-01T00:00:00Z", null).at("/number"))
                .isEqualTo(published.at("/number"));
        write("{input: \"9\", output: \"8\"}", "");
        Reply past =
                server.operator(
                        "POST", "/prices/publish?effective_from=2026-01-01T00:00:00Z", null);
        assertThat(past.status()).isEqualTo(400);
        assertThat(past.at("/error/message")).contains("expected: an instant from now on");
    }

    @Test
    void aDifferenceIsShownBeforeItIsPublishedAndAGapIsNamed() {
        write("{input: \"1.25\", output: \"2\"}", "");
        JsonNode diff = server.operator("GET", "/prices/diff", null).json();
        JsonNode change = diff.at("/data/0");
        assertThat(change.at("/model").asText()).isEqualTo("tide");
        assertThat(change.at("/item").asText()).isEqualTo("input");
        assertThat(change.at("/old").asText()).isEqualTo("1");
        assertThat(change.at("/new").asText()).isEqualTo("1.25");
        assertThat(change.at("/percent").asText()).isEqualTo("+25");
        assertThat(diff.at("/problems")).isEmpty();

        server.writePrices("currency: USD\nmodels: {tide: {input: \"1\", output: \"2\"}}\n");
        assertThat(server.operator("GET", "/prices/diff", null).json().at("/problems").toString())
                .contains("(default, tiers, output, priority, band from 0): no price");
        Reply refused = server.operator("POST", "/prices/publish", null);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.at("/error/message"))
                .contains("(default, tiers, output, priority, band from 0): no price");
    }

    @ParameterizedTest
    @ValueSource(strings = {"standard", "priority"})
    void anEstimateIsNeverBelowTheChargeAndSetsNothingAside(String tier) {
        Customer customer = server.customer("1");
        String asked =
                body("tiers", "", "\"max_tokens\": 40", "\"service_tier\": \"" + tier + "\"");
        Reply estimate = server.send("POST", "/v1/estimate", customer.key(), asked);
        assertThat(estimate.status()).as(estimate.text()).isEqualTo(200);
        assertThat(server.held()).isZero();
        assertThat(server.settlements(customer)).isEmpty();
        assertThat(estimate.at("/prompt_exact")).isEqualTo("true");
        assertThat(estimate.at("/max_output_tokens")).isEqualTo("40");
        assertThat(estimate.at("/at_most/currency")).isEqualTo("USD");
        long sum = 0;
        for (JsonNode line : estimate.json().at("/lines")) {
            sum += nanos(line.at("/amount").asText());
        }
        assertThat(sum).isEqualTo(nanos(estimate.at("/at_most/amount")));

        server.chat(customer, asked);
        Map<String, Object> booked = server.onlySettlement(customer);
        assertThat(count(booked, "prompt"))
                .isEqualTo(Long.parseLong(estimate.at("/prompt_tokens")));
        assertThat(count(booked, "charge")).isPositive().isLessThanOrEqualTo(sum);
        assertThat(server.operator("GET", "/prices", null).at("/id"))
                .isEqualTo(estimate.at("/price_version/id"));
    }

    @Test
    void anEstimateIsRefusedWhereTheRequestWouldBe() {
        Customer customer = server.customer("0");
        assertThat(server.send("POST", "/v1/estimate", customer.key(), body("nobody", "")).status())
                .isEqualTo(404);
        assertThat(
                        server.send(
                                        "POST",
                                        "/v1/estimate",
                                        customer.key(),
                                        body("tide", "", "\"service_tier\": \"flex\""))
                                .status())
                .isEqualTo(400);
        assertThat(server.send("POST", "/v1/estimate", null, body("tide", "")).status())
                .isEqualTo(401);
        assertThat(server.send("GET", "/v1/estimate", customer.key(), null).status())
                .isEqualTo(405);
        assertThat(server.send("POST", "/v1/estimate", customer.key(), body("tide", "")).status())
                .isEqualTo(200);
    }

    private long charge(String model, int prompt) {
        Customer customer = server.customer("1");
        server.chat(customer, body(model, HUNDRED_AND_TEN.replace("100", "" + prompt)));
        return count(server.onlySettlement(customer), "charge");
    }

    private void publish(String tide, String more) {
        write(tide, more);
        Reply published = server.operator("POST", "/prices/publish", null);
        assertThat(published.status()).as(published.text()).isBetween(200, 201);
    }

    /// The usual prices but for `tide`.
    private void write(String tide, String more) {
        String flat = ": {input: \"1\", cache_read: \"0.1\", output: \"2\"}\n";
        server.writePrices(
                "currency: USD\n"
                        + more
                        + "models:\n  tide: "
                        + tide
                        + "\n  tide-sglang"
                        + flat
                        + "  tide-openai"
                        + flat
                        + "  pair"
                        + flat
                        + "  hedged"
                        + flat
                        + "  vectors"
                        + flat
                        + "  canned"
                        + flat
                        + "  kimi"
                        + flat
                        + "  billed"
                        + flat
                        + "  tiers: {input: \"1\", output: \"2\", batch: {input: \"0.5\", output:"
                        + " \"1\"}, priority: {input: \"3\", output: \"6\"}}\n"
                        + "  narrow: {input: \"1\", output: \"2\", batch: {input: \"0.5\", output:"
                        + " \"1\"}, priority: {input: \"3\", output: \"6\"}}\n"
                        + "  gift: {free: true}\n");
    }

    private static long nanos(String amount) {
        return new BigDecimal(amount).movePointRight(9).longValueExact();
    }
}
