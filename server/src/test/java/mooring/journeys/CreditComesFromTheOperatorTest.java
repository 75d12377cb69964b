package mooring.journeys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mooring.app.InProcess;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Money comes into a wallet only by the operator's word, once for each word.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CreditComesFromTheOperatorTest {

    private static final String FIVE = "{\"amount\": \"5\", \"reason\": \"order 7\"}";

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void g34AForgedOrChangedCreditAddsNothing() {
        Customer customer = server.customer("1");
        Customer other = server.customer("1");
        String operator = server.operatorKey();
        String changed =
                operator.substring(0, operator.length() - 1) + (operator.endsWith("0") ? "1" : "0");
        for (String key : List.of("", " ", changed, customer.key(), other.key(), "null")) {
            assertThat(credit(customer, key, FIVE, "a").status()).as(key).isIn(401, 403);
        }
        assertThat(server.send("POST", credits(customer), null, FIVE, Map.of()).status())
                .isEqualTo(401);
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L);

        Reply first = credit(customer, operator, FIVE, "order-7");
        assertThat(first.status()).isEqualTo(201);
        assertThat(credit(customer, operator, FIVE, "order-7").at("/transfer_id"))
                .isEqualTo(first.at("/transfer_id"));
        assertThat(credit(customer, operator, FIVE.replace("5", "50"), "order-7").status())
                .isEqualTo(409);
        assertThat(server.posted(customer)).isEqualTo(6_000_000_000L);
        assertThat(server.posted(other)).isEqualTo(1_000_000_000L);

        // A key is one organization's: to another it is another order, and again only one.
        Reply second = credit(other, operator, FIVE, "order-7");
        assertThat(second.at("/transfer_id")).isNotEqualTo(first.at("/transfer_id"));
        assertThat(credit(other, operator, FIVE, "order-7").at("/transfer_id"))
                .isEqualTo(second.at("/transfer_id"));
        assertThat(server.posted(customer)).isEqualTo(6_000_000_000L);
        assertThat(server.posted(other)).isEqualTo(6_000_000_000L);
    }

    @Test
    void anEmptyOperatorKeyKeepsTheServerFromStarting(@TempDir Path folder) // G34
            throws IOException {
        Files.writeString(folder.resolve("operator-key"), "\n");

        assertThatThrownBy(() -> InProcess.start(folder, List.of("--data-dir", folder.toString())))
                .hasMessageContaining("operator-key: empty (expected: a secret;");
    }

    private Reply credit(Customer customer, String key, String body, String idempotencyKey) {
        return server.send(
                "POST", credits(customer), key, body, Map.of("idempotency-key", idempotencyKey));
    }

    private static String credits(Customer customer) {
        return "/api/v1/organizations/" + customer.organization() + "/credits";
    }
}
