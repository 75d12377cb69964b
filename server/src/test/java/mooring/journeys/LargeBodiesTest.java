package mooring.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import mooring.json.Json;
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

    @Test
    void aLongTextReachesTheEngineWholeFromEveryDialect() throws IOException {
        // As clients write it: escaped, or as it is.
        String written = "line\\n\\u00e9\\/ \\ud83d\\ude00 约束 😀 ā ".repeat(10_000);
        String meant = "line\né/ 😀 约束 😀 ā ".repeat(10_000);
        try (TestingServer server = TestingServer.start()) {
            Customer customer = server.customer("100000");
            server.canned()
                    .says(
                            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Kia\"},"
                                    + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,"
                                    + "\"completion_tokens\":1}}\n\ndata: [DONE]\n\n");
            String content = "[{\"role\":\"user\",\"content\":\"" + written + "\"}]";
            String parts =
                    "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\""
                            + written
                            + "\"}]}]";
            String model = "{\"model\":\"canned\",\"max_tokens\":5,\"messages\":";
            for (String messages : new String[] {content, parts}) {
                for (String path : new String[] {CHAT, "/v1/messages"}) {
                    reaches(server, customer, path, model + messages + "}", meant);
                }
            }
            String response = "{\"model\":\"canned\",\"input\":";
            String path = "/v1/responses";
            reaches(server, customer, path, response + "\"" + written + "\"}", meant);
            reaches(server, customer, path, response + content + "}", meant);
            server.requireBalancedBooks();
        }
    }

    private static void reaches(
            TestingServer server, Customer customer, String path, String body, String text)
            throws IOException {
        Reply reply = server.send("POST", path, customer.key(), body);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        JsonNode sent = Json.MAPPER.readTree(server.canned().bodies().getLast());
        JsonNode content = sent.at("/messages/0/content");
        String got = content.isTextual() ? content.textValue() : content.at("/0/text").textValue();
        assertThat(got.equals(text)).isTrue();
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
