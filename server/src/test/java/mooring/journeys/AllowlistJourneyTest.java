package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Keys that work only from the networks that their organization named.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AllowlistJourneyTest {

    private static final Duration HEARD = Duration.ofSeconds(30);
    private static final String CHAT = body("tide", "{\"output_tokens\": 1}", "\"max_tokens\": 5");

    private final TestingServer server = TestingServer.start();
    private final TestingServer behindProxy =
            server.anotherNode("--trusted-proxies", "127.0.0.0/8, 10.9.0.0/16");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server;
                behindProxy) {
            behindProxy.awaitNoHold();
            server.requireBalancedBooks();
        }
    }

    @Test
    void fromElsewhereAKeyIsRefusedInTheCallersDialectOnEveryRoute() {
        Customer customer = server.customer("1");
        Customer other = server.customer("1");
        allow(customer, "\"203.0.113.0/24\", \"2001:db8::/32\"");
        Await.until("heard", HEARD, () -> server.chat(customer, CHAT).status() == 403);

        Reply refused = server.chat(customer, CHAT);
        assertThat(refused.at("/error/code")).isEqualTo("forbidden");
        assertThat(refused.at("/error/message")).contains("127.0.0.1");
        assertThat(refused.header("x-should-retry")).isEqualTo("false");
        Reply anthropic = server.send("POST", "/anthropic/v1/messages", customer.key(), CHAT);
        assertThat(anthropic.status()).isEqualTo(403);
        assertThat(anthropic.at("/error/type")).isEqualTo("permission_error");
        assertThat(server.send("GET", "/v1/models", customer.key(), null).status()).isEqualTo(403);
        assertThat(server.send("GET", "/v1/users/me/balance", customer.key(), null).status())
                .isEqualTo(403);
        // What a stranger writes into a header counts for nothing.
        assertThat(from(server, customer, "203.0.113.7")).isEqualTo(403);
        assertThat(server.chat(other, CHAT).status()).isEqualTo(200);

        allow(customer, "\"127.0.0.0/8\", \"::1\"");
        Await.until("heard", HEARD, () -> server.chat(customer, CHAT).status() == 200);
        allow(customer, "\"10.0.0.0/8\"");
        Await.until("heard", HEARD, () -> server.chat(customer, CHAT).status() == 403);
        allow(customer, "");
        Await.until("heard", HEARD, () -> server.chat(customer, CHAT).status() == 200);
    }

    @Test
    void notEvenItsFirstRequestPassesWithAKeyOfWhichNobodyHasHeard() {
        for (int i = 0; i < 5; i++) {
            Customer customer = server.customer("1");
            allow(customer, "\"203.0.113.0/24\"");
            Customer young = server.key(customer.organization());
            for (TestingServer node : List.of(behindProxy, server)) {
                Reply refused = node.chat(young, CHAT);
                assertThat(refused.status()).as(refused.text()).isEqualTo(403);
                assertThat(node.send("GET", "/v1/models", young.key(), null).status())
                        .isEqualTo(403);
            }
            assertThat(from(behindProxy, young, "203.0.113.7")).isEqualTo(200);
        }
    }

    @Test
    void behindATrustedProxyTheLastHopThatIsNoProxyCounts() {
        Customer customer = server.customer("1");
        allow(customer, "\"203.0.113.0/24\"");
        Await.until("heard", HEARD, () -> behindProxy.chat(customer, CHAT).status() == 403);
        assertThat(from(behindProxy, customer, "203.0.113.7")).isEqualTo(200);
        assertThat(from(behindProxy, customer, "203.0.113.7, 10.9.1.1")).isEqualTo(200);
        assertThat(from(behindProxy, customer, "203.0.113.7, 198.51.100.1")).isEqualTo(403);
        assertThat(from(behindProxy, customer, "10.9.1.1")).isEqualTo(403);
        assertThat(from(behindProxy, customer, "nonsense")).isEqualTo(403);
    }

    @Test
    void whatIsNoNetworkIsRefused() {
        Customer customer = server.customer("0");
        Reply refused =
                server.operator(
                        "PATCH",
                        "/organizations/" + customer.organization() + "/allowlist",
                        "{\"networks\": [\"10.0.0.1/8\"]}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.at("/error/message")).contains("10.0.0.1/8", "CIDR");
    }

    private int from(TestingServer node, Customer customer, String forwarded) {
        return node.send(
                        "POST",
                        "/v1/chat/completions",
                        customer.key(),
                        CHAT,
                        Map.of("x-forwarded-for", forwarded))
                .status();
    }

    private void allow(Customer customer, String networks) {
        Reply changed =
                server.operator(
                        "PATCH",
                        "/organizations/" + customer.organization() + "/allowlist",
                        "{\"networks\": [" + networks + "]}");
        assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    }
}
