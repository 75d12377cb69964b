package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import mooring.json.Json;
import mooring.testing.LogCapture;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever arrives at the socket: a clear answer in the caller's dialect, or a closed connection
/// by deadline; and the next good request is served.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadHttpTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/anthropic/v1/messages";
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final LogCapture log = LogCapture.open();
    private final TestingServer server =
            TestingServer.start(
                    "--head-timeout", "1s",
                    "--body-timeout", "2s",
                    "--reader-timeout", "1s",
                    "--body-budget", "8MiB");
    private final Customer customer = server.customer("100");

    @AfterEach
    void theNextGoodRequestIsServed() {
        assertThat(server.chat(customer, body("tide", "{\"output_tokens\": 1}")).status())
                .isEqualTo(200);
    }

    @AfterAll
    void endsWithBalancedBooksAndALogWithoutKeysOrStackTraces() {
        try (server;
                log) {
            server.requireBalancedBooks();
            assertThat(log.lines())
                    .isNotEmpty()
                    .noneMatch(line -> line.contains(customer.key()))
                    .noneMatch(line -> line.contains(server.operatorKey()))
                    .noneMatch(line -> line.contains(server.firstKey()))
                    .filteredOn(line -> !line.startsWith("DEBUG"))
                    .noneMatch(line -> line.contains("\tat "));
        }
    }

    /// Each head could be read in two ways, so what follows it must never be read as a request.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-length: 5|transfer-encoding: chunked",
                "transfer-encoding: chunked|content-length: 5",
                "transfer-encoding: xchunked",
                "transfer-encoding: identity",
                "transfer-encoding: chunked, identity",
                "transfer-encoding: gzip, chunked",
                "transfer-encoding: chunked|transfer-encoding: chunked",
                "transfer-encoding: chunked|transfer-encoding: identity",
                "transfer-encoding:\u000bchunked",
                "transfer-encoding : chunked",
                "content-length : 5",
                "content-length: +5",
                "content-length: 0x5",
                "content-length: 5, 6",
                "content-length: 5|content-length: 6",
                "content-length: -5",
                "content-length: 5 5",
                "content-length: five",
                "x-nothing: a\u0000b",
                "x y: 1",
                ": nameless",
                "no colon at all",
            })
    void aHeadOfTwoMeaningsIsRefusedAndNothingBehindItIsRead(String lines) {
        try (RawHttp caller = connect()) {
            caller.send(
                    "POST "
                            + CHAT
                            + " HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                            + customer.key()
                            + "\r\n"
                            + lines.replace("|", "\r\n")
                            + "\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: t\r\n"
                            + "authorization: Bearer "
                            + customer.key()
                            + "\r\n\r\n");
            RawHttp.Head answer = caller.head();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.header("connection")).isEqualTo("close");
            requireError(answer, caller.body(), CHAT);
            assertThat(caller.restUntilClosed()).isEmpty();
        }
    }

    @Test
    void aTransferEncodingBeforeHttp11IsRefused() {
        expectRefusal(
                "POST " + CHAT + " HTTP/1.0\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n",
                400,
                CHAT);
    }

    @ParameterizedTest
    @CsvSource({
        "'POST /anthropic/v1/messages HTTP/1.1|transfer-encoding: xchunked|host: t', 400",
        "'POST /v1/messages HTTP/1.1|x: y', 400",
        "'GET /anthropic/v1/messages HTTP/1.1|host: t', 405",
        "'POST /anthropic/v1/nothing HTTP/1.1|host: t', 404",
        "'POST /nothing HTTP/1.1|host: t|anthropic-version: 2023-06-01', 404",
    })
    void aRefusalSpeaksTheDialectOfTheCaller(String head, int status) {
        expectRefusal(head.replace("|", "\r\n") + "\r\n\r\n", status, MESSAGES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host: a\r\nhost: b\r\n", "host: a\r\nhost: a\r\n"})
    void noHostOrTwoAreRefused(String hosts) {
        expectRefusal("GET /v1/models HTTP/1.1\r\n" + hosts + "\r\n", 400, CHAT);
    }

    @Test
    void aHeadOfTenMegabytesIsRefusedLongBeforeItsEnd() {
        try (RawHttp caller = connect()) {
            caller.send("POST " + CHAT + " HTTP/1.1\r\nhost: t\r\nx-long: ");
            byte[] part = "a".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII);
            int sent = 0;
            try {
                while (sent < 160) {
                    caller.send(part);
                    sent++;
                }
                assertThat(caller.head().status()).isEqualTo(431);
            } catch (UncheckedIOException closedMeanwhile) {
                // Closed with the rest unread, which the system tells as a reset.
                assertThat(closedMeanwhile).hasMessageNotContaining("timed out");
            }
            assertThat(caller.closedByPeer()).isTrue();
        }
    }

    @Test
    void manyLinesMakeAHeadTooLargeToo() {
        expectRefusal(
                "GET /v1/models HTTP/1.1\r\nhost: t\r\n"
                        + "x-one: 0123456789\r\n".repeat(2_000)
                        + "\r\n",
                431,
                CHAT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "POST " + CHAT + " HTTP/1.1\r\nhost: t\r\nx-slow: ",
                "POST " + CHAT + " HTTP/1.1\r\nhost: t\r\n",
                "PO",
            })
    void aHeadThatNeverEndsIsCutOff(String begun) {
        try (RawHttp caller = connect()) {
            if (begun.isEmpty()) {
                // On a connection that served before, too.
                caller.send(head(CHAT, "content-length: 2") + "{}");
                assertThat(caller.head().status()).isEqualTo(400);
                caller.body();
                caller.send("GET /v1/mod");
            } else {
                caller.send(begun);
            }
            assertThat(caller.closedByPeer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, MESSAGES})
    void aBodyThatNeverEndsIsRefusedByItsDeadline(String path) {
        try (RawHttp caller = connect()) {
            caller.send(head(path, "content-length: 1000")).send("{\"model\": ");
            RawHttp.Head answer = caller.head();
            assertThat(answer.status()).isEqualTo(408);
            JsonNode error = requireError(answer, caller.body(), path);
            assertThat(error.path("message").asText()).contains("2 s");
            assertThat(caller.closedByPeer()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz\r\n{}\r\n0\r\n\r\n",
                "fffffffffffffffff\r\n",
                "-1\r\n{}\r\n",
                "2\r\n{}x"
            })
    void aBrokenChunkIsRefusedOrCutOff(String chunks) {
        try (RawHttp caller = connect()) {
            caller.send(head(CHAT, "transfer-encoding: chunked")).send(chunks);
            assertThat(caller.restUntilClosed()).doesNotContain("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "json",
            })
    void aBodyThatIsNotSaidToBeJsonIsRefusedWithWhatIs(String type) {
        for (String path : List.of(CHAT, MESSAGES)) {
            try (RawHttp caller = connect()) {
                caller.send(head(path, "content-length: 2\r\ncontent-type: " + type)).send("{}");
                RawHttp.Head answer = caller.head();
                assertThat(answer.status()).isEqualTo(415);
                JsonNode error = requireError(answer, caller.body(), path);
                assertThat(error.path("message").asText())
                        .isEqualTo("content-type: \"" + type + "\" (expected: application/json)");
            }
        }
    }

    @Test
    void textsThatAreNoRequestAreRefusedInEveryDialect() {
        List<byte[]> bodies = new ArrayList<>();
        bodies.add(utf8("[".repeat(100_000)));
        bodies.add(
                utf8(
                        "{\"model\": \"tide\", \"messages\": "
                                + "[".repeat(100_000)
                                + "]".repeat(100_000)
                                + "}"));
        bodies.add(utf8("{\"a\":".repeat(100_000)));
        bodies.add(
                utf8(
                        "{\"model\": \"tide\", \"model\": \"gift\", \"max_tokens\": 5,"
                                + " \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}"));
        bodies.add("{\"model\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1));
        bodies.add(new byte[] {'{', '"', 'm', '"', ':', '"', (byte) 0xc0, (byte) 0x80, '"', '}'});
        bodies.add(utf8("{\"model\": \"ti\u0000de\"}"));
        bodies.add(new byte[1000]);
        bodies.add(utf8("{\"model\": 1e999999999}"));
        bodies.add(utf8("{\"model\": \"tide\"} {}"));
        for (String path : List.of(CHAT, MESSAGES)) {
            // One after the other on one connection: what is well-formed HTTP does not end it.
            try (RawHttp caller = connect()) {
                for (byte[] body : bodies) {
                    caller.send(head(path, "content-length: " + body.length)).send(body);
                    RawHttp.Head answer = caller.head();
                    assertThat(answer.status()).isEqualTo(400);
                    requireError(answer, caller.body(), path);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, MESSAGES})
    void aGzipBombIsRefusedByWhatItUnpacksTo(String path) {
        byte[] bomb = gzip(33 * 1024 * 1024);
        try (RawHttp caller = connect()) {
            caller.send(head(path, "content-encoding: gzip\r\ncontent-length: " + bomb.length))
                    .send(bomb);
            RawHttp.Head answer = caller.head();
            // The budget here is smaller than the largest body: whichever says no first.
            assertThat(answer.status()).isIn(413, 429, 529);
            requireError(answer, caller.body(), path);
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() {
        int many = 300;
        try (RawHttp caller = connect()) {
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < many; i++) {
                all.append("GET /v1/models/m")
                        .append(i)
                        .append(" HTTP/1.1\r\nhost: t\r\nauthorization: Bearer ")
                        .append(customer.key())
                        .append("\r\n\r\n");
            }
            caller.send(all.toString());
            for (int i = 0; i < many; i++) {
                assertThat(caller.head().status()).isEqualTo(404);
                assertThat(caller.body()).contains("\\\"m" + i + "\\\"");
            }
        }
    }

    @Test
    void aStreamThatNobodyReadsIsEndedAndHoldsNothing() {
        String piece =
                "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":"
                        + "\"canned\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                        + "w".repeat(100_000)
                        + "\"},\"finish_reason\":null}]}\n\n";
        server.canned().says(piece.repeat(300) + "data: [DONE]\n\n");
        try (RawHttp caller = RawHttp.connect(server.baseUrl(), 4 * 1024).deadline(PATIENCE)) {
            caller.post(CHAT, customer.key(), body("canned", "", "\"stream\": true"));
            assertThat(caller.head().status()).isEqualTo(200);
            // Not a byte more: the server has to end it, and to give back what it holds.
            server.awaitNoHold();
        }
        assertThat(server.settlements(customer))
                .anyMatch(booked -> "CANCELLED".equals(booked.get("ending")));
    }

    @Test
    void uploadsAboveTheBudgetWaitInTheirSocketsAndSmallRequestsGoOn() {
        int size = 3 * 1024 * 1024;
        List<RawHttp> uploads = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                RawHttp upload = connect();
                uploads.add(upload);
                upload.send(head(CHAT, "expect: 100-continue\r\ncontent-length: " + size));
            }
            // Two of six fit; the others get leave to send when those have given up, or hear in
            // time that there is no room.
            int leave = 0;
            for (RawHttp upload : uploads) {
                assertThat(server.chat(customer, body("tide", "{\"output_tokens\": 1}")).status())
                        .isEqualTo(200);
                String first = upload.rawLine();
                assertThat(first).matches("HTTP/1.1 (100|429) .*");
                leave += first.contains("100") ? 1 : 0;
            }
            assertThat(leave).isGreaterThanOrEqualTo(2);
        } finally {
            uploads.forEach(RawHttp::close);
        }
    }

    @Test
    void everyAnswerIsForItsCallerAloneAndNamesNoProgram() {
        String listed = head("/v1/models", "").replace("POST", "GET");
        for (String head : List.of(listed, head(CHAT, "content-length: 0"), "nonsense\r\n\r\n")) {
            try (RawHttp caller = connect()) {
                caller.send(head);
                RawHttp.Head answer = caller.head();
                assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
                assertThat(answer.header("cache-control")).isEqualTo("no-store");
                assertThat(answer.headers()).doesNotContainKeys("server", "x-powered-by", "via");
            }
        }
    }

    @Test
    void headersOfTheCallerReachNeitherEngineNorAnswer() {
        try (RawHttp caller = connect()) {
            server.canned().says("data: [DONE]\n\n");
            String content = body("canned", "");
            caller.send(
                    head(
                                    CHAT,
                                    "connection: keep-alive, x-hop\r\nx-hop: 1\r\nte: trailers\r\n"
                                            + "proxy-authorization: Basic eA==\r\n"
                                            + "x-forwarded-for: 10.0.0.1\r\ncookie: a=b\r\n"
                                            + "content-length: "
                                            + content.length())
                            + content);
            RawHttp.Head answer = caller.head();
            assertThat(answer.headers())
                    .doesNotContainKeys("x-hop", "te", "cookie", "x-forwarded-for");
            assertThat(server.canned().lastHeaders())
                    .containsKey("content-length")
                    .doesNotContainKeys(
                            "x-hop", "te", "proxy-authorization", "cookie", "x-forwarded-for");
            assertThat(server.canned().lastHeaders().toString()).doesNotContain(customer.key());
        }
    }

    private RawHttp connect() {
        return RawHttp.connect(server.baseUrl()).deadline(PATIENCE);
    }

    private void expectRefusal(String bytes, int status, String path) {
        try (RawHttp caller = connect()) {
            caller.send(bytes);
            RawHttp.Head answer = caller.head();
            assertThat(answer.status()).isEqualTo(status);
            if (status == 405) {
                assertThat(answer.header("allow")).isEqualTo("POST");
            }
            requireError(answer, caller.body(), path);
        }
    }

    /// The error object, which has the shape of the path's dialect, an id, and nothing of our own
    /// insides.
    private static JsonNode requireError(RawHttp.Head head, String text, String path) {
        assertThat(head.header("content-type")).isEqualTo("application/json");
        assertThat(head.header("x-request-id")).startsWith("req_");
        assertThat(text).doesNotContain("Exception", "io.vertx", "io.netty", "com.fasterxml");
        JsonNode answer;
        try {
            answer = Json.MAPPER.readTree(text);
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
        JsonNode error = answer.path("error");
        assertThat(error.path("message").asText()).isNotEmpty();
        if (path.equals(MESSAGES)) {
            assertThat(answer.path("type").asText()).isEqualTo("error");
            assertThat(answer.path("request_id").asText()).startsWith("req_");
        } else {
            assertThat(error.has("code")).isTrue();
            assertThat(error.has("param")).isTrue();
        }
        return error;
    }

    private String head(String path, String more) {
        return "POST "
                + path
                + " HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                + customer.key()
                + "\r\n"
                + (more.isEmpty() ? "" : more + "\r\n")
                + "\r\n";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(int zeros) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(new byte[zeros]);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return packed.toByteArray();
    }
}
