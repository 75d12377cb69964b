package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.Test;

/// A server that was told to stop, as its callers see it.
class DrainingServerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String QUICK = body("tide", "{\"output_tokens\": 1}");
    private static final String STREAM =
            body("tide", "{\"output_tokens\": 40, \"tokens_per_second\": 10}", "\"stream\": true");

    @Test
    void quietConnectionsAreAnsweredOnceMoreAndStreamsComeToTheirEnd() throws Exception {
        try (TestingServer server = TestingServer.start("--drain-idle", "60s")) {
            Customer customer = server.customer("100");
            server.hangUp();
            try (RawHttp quiet = server.open(customer, QUICK);
                    RawHttp streaming = server.open(customer, STREAM)) {
                assertThat(quiet.head().header("connection")).isEmpty();
                quiet.body();
                assertThat(streaming.head().status()).isEqualTo(200);
                Thread stop = Thread.ofPlatform().start(server::stop);
                Await.until("not ready", PATIENCE, () -> readiness(server) == 503);
                // The stream runs, so the server is there; from some answer on it says goodbye.
                String last = "";
                while (!last.equals("close")) {
                    RawHttp.Head head =
                            quiet.post("/v1/chat/completions", customer.key(), QUICK).head();
                    assertThat(head.status()).isEqualTo(200);
                    last = head.header("connection");
                    quiet.body();
                }
                assertThat(quiet.closedByPeer()).isTrue();
                assertThat(streaming.body()).endsWith("data: [DONE]\n\n");
                // Its head came before the stop and said nothing of an end: it may be used again.
                RawHttp.Head again =
                        streaming.post("/v1/chat/completions", customer.key(), QUICK).head();
                assertThat(again.status()).isEqualTo(200);
                assertThat(again.header("connection")).isEqualTo("close");
                streaming.body();
                assertThat(streaming.closedByPeer()).isTrue();
                assertThat(stop.join(PATIENCE)).isTrue();
            }
        }
    }

    private static int readiness(TestingServer server) throws IOException {
        HttpURLConnection ask =
                (HttpURLConnection)
                        URI.create(server.adminUrl() + "/readyz").toURL().openConnection();
        ask.setConnectTimeout((int) PATIENCE.toMillis());
        ask.setReadTimeout((int) PATIENCE.toMillis());
        try {
            return ask.getResponseCode();
        } finally {
            ask.disconnect();
        }
    }
}
