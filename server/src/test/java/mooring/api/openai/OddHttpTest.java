package mooring.api.openai;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// HTTP that is too large, cut short, of the wrong kind or for nobody: answered, with an id, and
/// the next request is served.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OddHttpTest {

    private static final int TOO_LARGE = 33 * 1024 * 1024;
    private static final String CHAT = "/v1/chat/completions";

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            assertThat(server.chat(customer, body("tide", "")).status()).isEqualTo(200);
            server.requireBalancedBooks();
        }
    }

    @Test
    void aBodyAnnouncedAsTooLargeIsRefusedAndTheAnswerCanBeRead() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("content-length: " + TOO_LARGE));
            byte[] part = new byte[1024 * 1024];
            for (int i = 0; i < TOO_LARGE / part.length; i++) {
                caller.send(part);
            }
            expectTooLarge(caller);
        }
    }

    @Test
    void aBodyThatGrowsTooLargeIsRefusedAndTheAnswerCanBeRead() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("transfer-encoding: chunked"));
            byte[] part = new byte[1024 * 1024];
            for (int i = 0; i < TOO_LARGE / part.length; i++) {
                caller.send("100000\r\n").send(part).send("\r\n");
            }
            caller.send("0\r\n\r\n");
            expectTooLarge(caller);
        }
    }

    @Test
    void aGzipBombIsRefusedByWhatItUnpacksTo() {
        byte[] bomb = gzip(new byte[TOO_LARGE]);
        assertThat(bomb.length).isLessThan(100_000);
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("content-encoding: gzip\r\ncontent-length: " + bomb.length));
            caller.send(bomb);
            expectTooLarge(caller);
        }
    }

    @Test
    void aGzipBodyIsRead() {
        byte[] packed =
                gzip(body("tide", "{\"output_tokens\": 2}").getBytes(StandardCharsets.UTF_8));
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("content-encoding: gzip\r\ncontent-length: " + packed.length));
            caller.send(packed);
            assertThat(caller.head().status()).isEqualTo(200);
            assertThat(caller.body()).contains("\"completion_tokens\":2");
        }
    }

    @Test
    void aBodyThatIsNotTheGzipItClaimsToBeIsRefused() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("content-encoding: gzip\r\ncontent-length: 10"));
            caller.send("0123456789");
            assertThat(caller.head().status()).isEqualTo(400);
            assertThat(caller.body()).contains("content-encoding");
        }
    }

    @Test
    void anEncodingThatIsNotReadHereIsRefusedByName() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("content-encoding: br\r\ncontent-length: 10"));
            caller.send("0123456789");
            assertThat(caller.head().status()).isEqualTo(415);
            assertThat(caller.body()).contains("br").contains("expected: gzip");
        }
    }

    @Test
    void aMessageWithTwoLengthsIsRefusedAndTheConnectionClosed() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("content-length: 5\r\ntransfer-encoding: chunked"));
            caller.send("0\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: t\r\n\r\n");
            assertThat(caller.head().status()).isEqualTo(400);
            caller.body();
            assertThat(caller.closedByPeer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host: a\r\nhost: b\r\n"})
    void aRequestForNoHostOrForTwoIsRefused(String hosts) {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send("GET /v1/models HTTP/1.1\r\n" + hosts + "\r\n");
            assertThat(caller.head().status()).isEqualTo(400);
            assertThat(caller.body()).contains("host");
        }
    }

    @Test
    void aHeaderThatIsTooLongIsRefusedWithItsLimit() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("x-long: " + "a".repeat(100_000)));
            assertThat(caller.head().status()).isEqualTo(431);
            assertThat(caller.body()).contains("32768");
        }
    }

    @Test
    void aHeadThatTricklesInIsCutOffByItsDeadline() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send("POST " + CHAT + " HTTP/1.1\r\nhost: t\r\nx-slow: ");
            assertThat(caller.closedByPeer()).isTrue();
        }
    }

    @Test
    void leaveToSendIsNotGivenForABodyThatIsTooLarge() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("expect: 100-continue\r\ncontent-length: " + TOO_LARGE));
            assertThat(caller.rawLine()).startsWith("HTTP/1.1 413");
        }
    }

    @Test
    void aBodyThatStopsMidwayHarmsNobody() {
        RawHttp caller = RawHttp.connect(server.baseUrl());
        caller.send(head("content-length: 1000")).send("{\"model\": ");
        caller.close();

        assertThat(server.chat(customer, body("tide", "")).status()).isEqualTo(200);
    }

    @Test
    void aClientThatWaitsForLeaveToSendIsGivenIt() {
        String body = body("tide", "{\"output_tokens\": 2}");
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(head("expect: 100-continue\r\ncontent-length: " + body.length()));
            assertThat(caller.rawLine()).startsWith("HTTP/1.1 100");
            assertThat(caller.rawLine()).isEmpty();
            caller.send(body);
            assertThat(caller.head().status()).isEqualTo(200);
        }
    }

    @Test
    void aConnectionServesManyRequests() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            for (int i = 0; i < 3; i++) {
                caller.post(CHAT, customer.key(), body("tide", "{\"output_tokens\": 1}"));
                assertThat(caller.head().status()).isEqualTo(200);
                caller.body();
                caller.send(
                        "GET /v1/models HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                                + customer.key()
                                + "\r\n\r\n");
                assertThat(caller.head().status()).isEqualTo(200);
                caller.body();
                caller.post(CHAT, customer.key(), "{}");
                assertThat(caller.head().status()).isEqualTo(400);
                caller.body();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-mooring-wrong", "x", ""})
    void everyKeyThatIsNoneGetsTheSameAnswer(String key) {
        Reply answer = server.send("POST", CHAT, key, body("tide", ""));

        expectNobody(answer);
    }

    @Test
    void noKeyAndAnUnknownOneGetTheSameAnswerToo() {
        expectNobody(server.send("POST", CHAT, null, body("tide", "")));
        expectNobody(server.send("GET", "/v1/models", null, null));
        expectNobody(server.send("GET", "/v1/users/me/balance", server.operatorKey(), null));
        String unknown = customer.key().substring(0, customer.key().length() - 1) + "x";
        expectNobody(server.send("POST", CHAT, unknown, body("tide", "")));
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/chat/completions, POST",
        "DELETE, /v1/chat/completions, POST",
        "OPTIONS, /v1/chat/completions, POST",
        "POST, /v1/models, GET",
        "PUT, /v1/models/tide, GET",
        "POST, /v1/users/me/balance, GET",
    })
    void aWrongMethodIsToldTheRightOne(String method, String path, String allowed) {
        Reply answer = server.send(method, path, customer.key(), null);

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).isEqualTo(allowed);
        assertThat(answer.at("/error/code")).isEqualTo("method_not_allowed");
        assertThat(answer.header("x-request-id")).startsWith("req_");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1", "/v1/", "/v1/chat", "/v1/nothing", "/%00", "/v1/models/"})
    void anUnknownPathIsNotFoundInJson(String path) {
        Reply answer = server.send("GET", path, customer.key(), null);

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.at("/error/type")).isEqualTo("invalid_request_error");
        assertThat(answer.header("x-request-id")).startsWith("req_");
    }

    @Test
    void headIsAnsweredWithoutABody() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(
                    "HEAD /v1/models HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                            + customer.key()
                            + "\r\n\r\n");
            assertThat(caller.head().status()).isEqualTo(405);
            caller.noBody();
            caller.send(
                    "GET /v1/models HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                            + customer.key()
                            + "\r\n\r\n");
            assertThat(caller.head().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "POST /v1/models HTTP/1.1\r\nhost: t\r\ncontent-length: -5\r\n\r\n",
                "POST /v1/models HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
            })
    void whatIsNoHttpIsRefusedWithAnId(String text) {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(text);
            RawHttp.Head answer = caller.head();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.header("x-request-id")).startsWith("req_");
            assertThat(caller.body()).contains("\"type\":\"invalid_request_error\"");
            assertThat(caller.closedByPeer()).isTrue();
        }
    }

    private String head(String more) {
        return "POST "
                + CHAT
                + " HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                + customer.key()
                + "\r\n"
                + more
                + "\r\n\r\n";
    }

    private static void expectTooLarge(RawHttp caller) {
        RawHttp.Head answer = caller.head();
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.header("x-request-id")).startsWith("req_");
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(caller.body())
                .isEqualTo(
                        "{\"error\":{\"message\":\"the body is larger than 33554432 bytes (expected:"
                                + " at most that)\",\"type\":\"invalid_request_error\",\"param\":"
                                + "null,\"code\":\"body_too_large\"}}");
        assertThat(caller.closedByPeer()).isTrue();
    }

    private static void expectNobody(Reply answer) {
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.text())
                .isEqualTo(
                        "{\"error\":{\"message\":\"Incorrect API key provided, or none (expected:"
                                + " Authorization: Bearer KEY with a key of this installation)\","
                                + "\"type\":\"invalid_request_error\",\"param\":null,\"code\":"
                                + "\"invalid_api_key\"}}");
        assertThat(answer.header("x-request-id")).startsWith("req_");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return packed.toByteArray();
    }
}
