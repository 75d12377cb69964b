package mooring.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What browsers ask before a page may call another origin.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrossOriginTest {

    private static final String APP = "https://app.example.org";

    private final TestingServer closed = TestingServer.start();
    private final TestingServer open =
            closed.anotherNode("--cors-origins", APP + ", http://localhost:5173");

    @AfterAll
    void close() {
        try (closed;
                open) {
            closed.requireBalancedBooks();
        }
    }

    @Test
    void withoutNamedOriginsNobodyGetsPermission() {
        RawHttp.Head head = preflight(closed, APP);
        assertThat(head.status()).isEqualTo(405);
        assertThat(head.header("access-control-allow-origin")).isEmpty();
    }

    @Test
    void aNamedOriginIsPermittedAndAnotherIsNot() {
        for (String origin : new String[] {APP, "http://localhost:5173"}) {
            RawHttp.Head head = preflight(open, origin);
            assertThat(head.status()).isEqualTo(204);
            assertThat(head.header("access-control-allow-origin")).isEqualTo(origin);
            assertThat(head.header("access-control-allow-methods")).contains("POST");
            assertThat(head.header("access-control-allow-headers"))
                    .isEqualTo("authorization, content-type");
            assertThat(head.header("vary")).isEqualTo("origin");
            assertThat(head.header("access-control-allow-credentials")).isEmpty();
        }
        for (String origin : new String[] {"https://evil.example.org", "null", APP + ".evil.org"}) {
            RawHttp.Head head = preflight(open, origin);
            assertThat(head.status()).isEqualTo(405);
            assertThat(head.header("access-control-allow-origin")).isEmpty();
        }
    }

    @Test
    void anAnswerTellsThePageThatItMayReadIt() {
        Customer customer = open.customer("1");
        assertThat(
                        open.send("GET", "/v1/models", customer.key(), null, Map.of("origin", APP))
                                .header("access-control-allow-origin"))
                .isEqualTo(APP);
        assertThat(open.send("GET", "/v1/models", null, null, Map.of("origin", APP)).status())
                .isEqualTo(401);
        assertThat(
                        open.send(
                                        "GET",
                                        "/v1/models",
                                        customer.key(),
                                        null,
                                        Map.of("origin", "https://evil.example.org"))
                                .header("access-control-allow-origin"))
                .isEmpty();
    }

    private static RawHttp.Head preflight(TestingServer server, String origin) {
        try (RawHttp line = RawHttp.connect(server.baseUrl())) {
            return line.send(
                            "OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\norigin: "
                                    + origin
                                    + "\r\naccess-control-request-method: POST\r\n"
                                    + "access-control-request-headers: authorization,"
                                    + " content-type\r\n\r\n")
                    .head();
        }
    }
}
