package mooring.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.Test;

/// Bodies as large as documents make them: read up to the limit, whichever way they come.
class LargeBodiesTest {

    private static final int LIMIT = 32 * 1024 * 1024;
    private static final String CHAT = "/v1/chat/completions";

    @Test
    void g37BodiesOfFourAndThirtyTwoMegabytesAreReadAndTheLimitCountsWhatIsUnpacked() {
        try (TestingServer server = TestingServer.start("--body-budget", "64MiB")) {
            Customer customer = server.customer("100000");
            // Read to its last byte: only then is it known that no model here takes so much.
            for (int size : new int[] {4 * 1024 * 1024, LIMIT}) {
                Reply whole = server.send("POST", CHAT, customer.key(), text(size));
                assertThat(whole.status()).isEqualTo(400);
            }
            Reply above = server.send("POST", CHAT, customer.key(), text(LIMIT + 1));
            assertThat(above.status()).isEqualTo(413);
            assertThat(packed(server, customer, LIMIT)).isEqualTo(400);
            assertThat(packed(server, customer, LIMIT + 1)).isEqualTo(413);
            assertThat(chunked(server, customer)).isEqualTo(400);
            server.requireBalancedBooks();
        }
    }

    /// A request of exactly so many bytes.
    private static String text(int size) {
        String before = "{\"model\": \"tide\", \"messages\": [{\"role\": \"user\", \"content\": \"";
        String behind = "\"}]}";
        return before
                + "word ".repeat(size / 5).substring(0, size - before.length() - behind.length())
                + behind;
    }

    private static int packed(TestingServer server, Customer customer, int size) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(text(size).getBytes(StandardCharsets.US_ASCII));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        try (RawHttp caller = open(server, customer)) {
            caller.send("content-encoding: gzip\r\ncontent-length: " + packed.size() + "\r\n\r\n");
            caller.send(packed.toByteArray());
            return caller.head().status();
        }
    }

    /// Without a length, so that its memory is taken as it comes.
    private static int chunked(TestingServer server, Customer customer) {
        byte[] body = text(4 * 1024 * 1024).getBytes(StandardCharsets.US_ASCII);
        try (RawHttp caller = open(server, customer)) {
            caller.send("transfer-encoding: chunked\r\n\r\n");
            caller.send(Integer.toHexString(body.length) + "\r\n").send(body);
            caller.send("\r\n0\r\n\r\n");
            return caller.head().status();
        }
    }

    private static RawHttp open(TestingServer server, Customer customer) {
        return RawHttp.connect(server.baseUrl())
                .deadline(Duration.ofSeconds(40))
                .send(
                        "POST "
                                + CHAT
                                + " HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                                + customer.key()
                                + "\r\ncontent-type: application/json\r\n");
    }
}
