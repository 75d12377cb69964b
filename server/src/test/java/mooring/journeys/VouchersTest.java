package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import mooring.ledger.Together;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A developer redeems a voucher with an API key, and spends it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VouchersTest {

    private static final String REDEEM = "/v1/vouchers/redeem";

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    private String code(String terms) {
        Reply made =
                server.operator(
                        "POST",
                        "/vouchers",
                        "{\"amount\": \"1\", \"reason\": \"hi\"" + terms + "}");
        assertThat(made.status()).isEqualTo(201);
        return made.at("/data/0/code");
    }

    private Reply redeem(Customer customer, String code) {
        return server.send("POST", REDEEM, customer.key(), "{\"code\": \"" + code + "\"}");
    }

    @Test
    void aVoucherIsRedeemedWithAnApiKeyAndPaysTheNextAnswer() {
        Customer customer = server.customer("0");
        Reply redeemed = redeem(customer, code(", \"credit_days\": 30").toLowerCase(Locale.ROOT));

        assertThat(redeemed.status()).isEqualTo(200);
        assertThat(redeemed.at("/object")).isEqualTo("voucher.redemption");
        assertThat(redeemed.at("/amount")).isEqualTo("1.00");
        assertThat(redeemed.at("/balance/available")).isEqualTo("1.00");
        Reply answer =
                server.chat(
                        customer, body("tide", "{\"prompt_tokens\": 10, \"output_tokens\": 5}"));
        assertThat(answer.status()).isEqualTo(200);
        // One's own last answer is in the balance, booked or not.
        assertThat(server.send("GET", "/v1/users/me/balance", customer.key(), null).text())
                .contains(
                        "\"available_balance\":0.99998",
                        "\"voucher_balance\":0.99998",
                        "\"cash_balance\":0.00");
    }

    @Test
    void theBalanceAfterEachAnswerHasItsChargeOnceHoweverFarItsBookingIs() {
        Customer customer = server.customer("0");
        redeem(customer, code(", \"max_redemptions\": 2"));
        BigDecimal left = BigDecimal.ONE;
        for (int i = 0; i < 100; i++) {
            Reply answer =
                    server.chat(
                            customer,
                            body("tide", "{\"prompt_tokens\": 10, \"output_tokens\": 5}"));
            left =
                    left.subtract(new BigDecimal(answer.at("/mooring/cost/amount")))
                            .stripTrailingZeros();
            assertThat(server.send("GET", "/v1/users/me/balance", customer.key(), null).text())
                    .contains("\"available_balance\":" + left.toPlainString() + ",");
        }
    }

    @Test
    void g33OneHundredCallsWithTheSameKeyRedeemAVoucherOnce() {
        Customer customer = server.customer("0");
        String code = code(", \"max_redemptions\": 1000");
        List<Integer> statuses = Together.run(100, _ -> () -> redeem(customer, code).status());
        assertThat(statuses).containsOnlyOnce(200);
        // Above so many at once a call is told to come again.
        assertThat(statuses).containsAnyOf(409, 503).isSubsetOf(200, 409, 503);
        assertThat(server.available(customer)).isEqualTo("1.00");
    }

    @Test
    void whatCannotBeRedeemedIsRefusedByItsReason() {
        Customer customer = server.customer("0");
        String code = code("");
        assertThat(redeem(customer, code).status()).isEqualTo(200);
        refused(redeem(customer, code), 409, "is used up");
        refused(redeem(customer, "MV-12345"), 400, "(expected: a code such as MV-");
        refused(redeem(customer, ""), 400, "(expected: a code such as MV-");
        refused(
                server.send("POST", REDEEM, customer.key(), "{\"code\": 5}"),
                400,
                "code: 5 (expected: a voucher's code");
        refused(server.send("POST", REDEEM, customer.key(), "{}"), 400, "code: missing");
        refused(server.send("POST", REDEEM, customer.key(), "nonsense"), 400, "not valid JSON");
        refused(server.send("POST", REDEEM, "sk-nobody", "{}"), 401, "API key");
        refused(server.send("GET", REDEEM, customer.key(), null), 405, "GET is not allowed");
        String large = "{\"code\": \"" + "x".repeat(5_000) + "\"}";
        refused(server.send("POST", REDEEM, customer.key(), large), 413, "4096 bytes");
        assertThat(server.available(customer)).isEqualTo("1.00");
    }

    private static void refused(Reply reply, int status, String message) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.at("/error/message")).contains(message);
    }
}
