package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import mooring.api.management.ManagementWorld.Reply;
import mooring.ledger.LedgerWorld.Customer;
import mooring.metering.UsageRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdjustmentsDoorTest {

    private static final String WHY = ",\"reason\":\"cut off\",\"actor\":\"Mere\"}";

    private ManagementWorld world;
    private String here;
    private UsageRecord record;

    @BeforeAll
    void open() {
        world = new ManagementWorld();
        Customer customer = world.ledger.customer("Aroha", "10");
        here = "/api/v1/organizations/" + customer.organization().id();
        record = world.ledger.record(customer, world.ledger.noHold(customer), 1_000_000);
        world.ledger.settle(record);
    }

    @AfterAll
    void close() {
        world.close();
    }

    @Test
    void aCorrectionShowsInTheLogAndTheUsageAndIsBookedOnce() {
        String body = "{\"direction\":\"credit\",\"amount\":\"0.000000007\"" + WHY;
        Reply first = world.post(path(), body, "adjust-1");
        assertThat(first.status()).as(first.body().toString()).isEqualTo(201);
        assertThat(first.text("/charged/amount"))
                .isEqualTo(record.charge().minus(world.ledger.money("0.000000007")).text());
        assertThat(world.post(path(), body, "adjust-1").text("/id")).isEqualTo(first.text("/id"));
        Reply other = world.post(path(), body.replace("007", "008"), "adjust-1");
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.text("/error/message"))
                .startsWith("amount: 0.000000008 USD (expected: 0.000000007 USD, as in adj_");

        Reply shown = world.get(here + "/requests/" + record.id());
        assertThat(shown.text("/cost/amount")).isEqualTo(record.charge().text());
        assertThat(shown.text("/adjusted/amount")).isEqualTo("-0.000000007");
        assertThat(shown.text("/adjustments/0/id")).isEqualTo(first.text("/id"));
        assertThat(shown.text("/adjustments/0/actor")).isEqualTo("Mere");
        assertThat(world.get(here + "/requests").text("/data/0/adjusted/amount"))
                .isEqualTo("-0.000000007");
        assertThat(world.get(here + "/usage").text("/totals/adjusted/amount"))
                .isEqualTo("-0.000000007");
        assertThat(world.ledger.findings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "credit" | "0"       | amount | amount: 0.00 (expected: above 0 and at most
                    "credit" | "1.5e3"   | amount | amount: "1.5e3" (expected: a decimal above zero, at most the charge
                    "credit" | "-1"      | amount | amount: "-1" (expected: a decimal above zero, at most the charge
                    "credit" | 0.5       | amount | amount: 0.5 (expected: a decimal above zero, at most the charge
                    "credit" | "1000000000000000000000000000000" | amount | amount: "1000000000000000000000000000000" (expected: a decimal above zero
                    "credit" | "9999999999" | amount | amount: "9999999999" (expected: above 0 and at most
                    "credit" | "9999999"  | amount | amount: 9999999.00 (expected: above 0 and at most
                    "debit"  | "9999999"  | amount | amount: 9999999.00 (expected: above 0 and at most
                    "refund" | "1"       | direction | direction: "refund" (expected: credit or debit)
                    """)
    void aBadCorrectionIsRefusedByFieldValueAndExpectation(
            String direction, String amount, String param, String message) {
        Reply reply =
                world.post(path(), "{\"direction\":" + direction + ",\"amount\":" + amount + WHY);
        assertThat(reply.status()).as(reply.problem()).isEqualTo(400);
        assertThat(reply.text("/error/param")).isEqualTo(param);
        assertThat(reply.text("/error/message")).startsWith(message);
    }

    @Test
    void anUnknownRequestAndOneOfAnotherOrganizationAreNotFound() {
        String body = "{\"direction\":\"credit\",\"amount\":\"1\"" + WHY;
        String unknown = here + "/requests/req_" + "0".repeat(32) + "/adjustments";
        Reply reply = world.post(unknown, body);
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.text("/error/message")).startsWith("request_id: req_0000");
        Customer other = world.ledger.customer("Rimu", "1");
        assertThat(
                        world.post(
                                        "/api/v1/organizations/"
                                                + other.organization().id()
                                                + "/requests/"
                                                + record.id()
                                                + "/adjustments",
                                        body)
                                .status())
                .isEqualTo(404);
    }

    private String path() {
        return here + "/requests/" + record.id() + "/adjustments";
    }
}
