package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import mooring.api.management.ManagementWorld.Reply;
import mooring.ledger.VoucherCode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Vouchers, charge-backs, lots and transfers as an operator calls them. Each answer is held
/// against the contract.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WalletsApiTest {

    private ManagementWorld world;

    @BeforeAll
    void open() {
        world = new ManagementWorld();
    }

    @AfterEach
    void theBooksAreSound() {
        assertThat(world.ledger.findings()).isEmpty();
    }

    @AfterAll
    void close() {
        world.close();
    }

    private String organization(String name) {
        Reply reply = world.post("/api/v1/organizations", "{\"name\":\"" + name + "\"}");
        return "/api/v1/organizations/" + reply.text("/id");
    }

    private void posted(String here, String amount) {
        assertThat(world.get(here + "/balance").text("/posted")).isEqualTo(amount);
    }

    @Test
    void vouchersAreMadeListedRedeemedAndRevokedAndTheirCodesShownOnce() {
        String here = organization("vouchers");
        String body =
                "{\"amount\":\"5.50\",\"reason\":\"welcome\",\"count\":3,\"credit_days\":30,"
                        + "\"kind\":\"allowance\"}";
        Reply made = world.post("/api/v1/vouchers", body, "three-vouchers");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.at("/data").size()).isEqualTo(3);
        List<String> codes = new ArrayList<>();
        made.at("/data").forEach(row -> codes.add(row.path("code").asText()));
        assertThat(codes).doesNotHaveDuplicates();
        Reply again = world.post("/api/v1/vouchers", body, "three-vouchers");
        assertThat(again.text("/data/0/id")).isEqualTo(made.text("/data/0/id"));
        String listed = again.raw().body() + world.get("/api/v1/vouchers?limit=200").raw().body();
        assertThat(listed).contains(made.text("/data/2/id")).doesNotContain(codes);

        Reply redeemed =
                world.post(here + "/redemptions", "{\"code\":\"" + codes.getFirst() + "\"}");
        assertThat(redeemed.status()).isEqualTo(201);
        assertThat(redeemed.text("/amount")).isEqualTo("5.50");
        assertThat(redeemed.text("/kind")).isEqualTo("allowance");
        assertThat(redeemed.text("/voucher_id")).isEqualTo(made.text("/data/0/id"));
        assertThat(redeemed.text("/balance/voucher")).isEqualTo("5.50");
        assertThat(redeemed.text("/balance/cash")).isEqualTo("0.00");

        String path = "/api/v1/vouchers/" + made.text("/data/1/id") + "/revoke";
        assertThat(world.post(path, "").text("/state")).isEqualTo("revoked");
        Reply late = world.post(here + "/redemptions", "{\"code\":\"" + codes.get(1) + "\"}");
        assertThat(late.status()).isEqualTo(409);
        assertThat(late.problem()).contains("was revoked at");
        assertThat(world.post("/api/v1/vouchers/vch_0/revoke", "").status()).isEqualTo(400);
        assertThat(world.post("/api/v1/vouchers/vch_" + "0".repeat(32) + "/revoke", "").status())
                .isEqualTo(404);
        posted(here, "5.50");
    }

    @Test
    void creditLotsAndChargeBacksAreShownWithWhatIsOwed() {
        String here = organization("owing");
        Reply gift =
                world.post(
                        here + "/credits",
                        "{\"amount\":\"3\",\"reason\":\"gift\",\"kind\":\"promotional\","
                                + "\"priority\":200,\"expires_at\":\"2999-01-01T00:00:00Z\"}");
        assertThat(gift.text("/kind")).isEqualTo("promotional");
        world.post(here + "/credits", "{\"amount\":\"7\",\"reason\":\"bank\"}");
        Reply lots = world.get(here + "/lots?limit=1");
        assertThat(lots.text("/data/0/kind")).isEqualTo("promotional");
        assertThat(lots.at("/data/0/priority").asInt()).isEqualTo(200);
        assertThat(lots.text("/data/0/expires_at")).isEqualTo("2999-01-01T00:00:00Z");
        Reply rest = world.get(here + "/lots?limit=1&cursor=" + lots.text("/next_cursor"));
        assertThat(rest.text("/data/0/kind")).isEqualTo("paid");
        assertThat(rest.at("/next_cursor").isNull()).isTrue();

        String order = "{\"amount\":\"12.25\",\"reason\":\"reversed\"}";
        Reply taken = world.post(here + "/charge-backs", order, "cb");
        assertThat(taken.status()).isEqualTo(201);
        assertThat(taken.text("/owed")).isEqualTo("2.25");
        assertThat(taken.text("/balance/available")).isEqualTo("0.00");
        assertThat(taken.text("/balance/cash")).isEqualTo("-2.25");
        assertThat(world.post(here + "/charge-backs", order, "cb").text("/transfer_id"))
                .isEqualTo(taken.text("/transfer_id"));
        assertThat(world.post(here + "/credits", order, "cb").status()).isEqualTo(409);
        assertThat(world.get(here + "/lots").at("/data").size()).isZero();
        assertThat(world.get(here + "/lots?state=all").at("/data").size()).isEqualTo(2);
        posted(here, "-2.25");

        world.post(here + "/credits", "{\"amount\":\"5\",\"reason\":\"repaid\"}");
        posted(here, "2.75");
        Reply transfers = world.get(here + "/transfers");
        List<String> kinds = new ArrayList<>();
        transfers.at("/data").forEach(row -> kinds.add(row.path("kind").asText()));
        assertThat(kinds)
                .containsExactly(
                        "debt_paid", "top_up", "debt", "charge_back", "top_up", "promotion");
        assertThat(transfers.text("/data/3/change")).isEqualTo("-12.25");
        assertThat(transfers.text("/data/3/reason")).isEqualTo("reversed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"amount":"-5","reason":"x"}                      | amount   | amount: "-5" (expected: a decimal above zero,
                    {"amount":"0","reason":"x"}                       | amount   | amount: "0" (expected: above 0
                    {"amount":1e30,"reason":"x"}                      | amount   | amount: 1E+30 (expected: a decimal above zero,
                    {"amount":"1000000000000000000000000000000","reason":"x"} | amount | amount: "1000000000000000000000000000000" (expected:
                    {"amount":"5","currency":"EUR","reason":"x"}      | currency | currency: "EUR" (expected: USD
                    {"amount":"5","reason":""}                        | reason   | reason: "" (expected: text of 1 to 500
                    {"amount":"5","reason":"  "}                      | reason   | reason: 2 characters (expected: 1..500
                    {"amount":"5"}                                    | reason   | reason: missing (expected:
                    """)
    void badMoneyIsRefusedByFieldAndNothingMoves(String body, String param, String message) {
        String here = organization("bad money");
        long vouchers = world.ledger.count("voucher");
        for (String path : List.of(here + "/credits", here + "/charge-backs", "/api/v1/vouchers")) {
            Reply reply = world.post(path, body);
            assertThat(reply.status()).as(path).isEqualTo(400);
            assertThat(reply.text("/error/param")).as(path).isEqualTo(param);
            assertThat(reply.problem()).as(path).startsWith(message);
        }
        posted(here, "0.00");
        assertThat(world.ledger.count("voucher")).isEqualTo(vouchers);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "kind":"paid"                                        | kind
                    "count":0                                            | count
                    "count":1001                                         | count
                    "max_redemptions":0                                  | max_redemptions
                    "max_redemptions":1.5                                | max_redemptions
                    "priority":-1                                        | priority
                    "priority":40000                                     | priority
                    "credit_days":0                                      | credit_days
                    "credit_days":3,"credit_expires_at":"2999-01-01T00:00:00Z" | credit_days
                    "credit_expires_at":"2020-01-01T00:00:00Z"           | credit_expires_at
                    "valid_until":"2020-01-01T00:00:00Z"                 | valid_until
                    "valid_until":"soon"                                 | valid_until
                    "once_per_organization":"no"                         | once_per_organization
                    "code":"MV-MINE"                                     | code
                    """)
    void badTermsOfAVoucherAreRefusedByField(String field, String param) {
        long vouchers = world.ledger.count("voucher");
        Reply reply =
                world.post("/api/v1/vouchers", "{\"amount\":\"5\",\"reason\":\"x\"," + field + "}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text("/error/param")).isEqualTo(param);
        assertThat(reply.problem()).startsWith(param + ": ").contains("(expected: ");
        assertThat(world.ledger.count("voucher")).isEqualTo(vouchers);
    }

    @Test
    void aCodeOfTheWrongFormIsRefusedAndAnUnknownOneIsNotFound() {
        String here = organization("bad codes");
        for (String code : List.of("", "MV-12345", "x".repeat(81), "MV-\\u0000")) {
            Reply reply = world.post(here + "/redemptions", "{\"code\":\"" + code + "\"}");
            assertThat(reply.status()).as(code).isEqualTo(400);
            assertThat(reply.text("/error/param")).isEqualTo("code");
        }
        Reply unknown =
                world.post(
                        here + "/redemptions",
                        "{\"code\":\"" + VoucherCode.generate(new SecureRandom()).reveal() + "\"}");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.problem()).contains("is no voucher here");
        posted(here, "0.00");
    }

    @Test
    void creditThatHasExpiredAlreadyIsRefused() {
        String here = organization("too late");
        Reply reply =
                world.post(
                        here + "/credits",
                        "{\"amount\":\"5\",\"reason\":\"x\",\"expires_at\":\"2020-01-01T00:00:00Z\"}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text("/error/param")).isEqualTo("expires_at");
        posted(here, "0.00");
    }
}
