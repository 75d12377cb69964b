package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import mooring.json.Json;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What operators can find out about a single request: one line in the access log, one trace; and
/// neither what was said nor by which key.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestTrailTest {

    private static final Duration SOON = Duration.ofSeconds(40);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";

    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private final HttpServer collector = collector();
    private final TestingServer server =
            TestingServer.start(
                    "--access-log",
                    "json",
                    "--trace-sample",
                    "0",
                    "--otlp-endpoint",
                    "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces");
    private final Customer customer = server.customer("1");

    @AfterAll
    void endsWithBalancedBooksAndALogWithoutKeysOrTexts() throws IOException {
        try (server) {
            server.requireBalancedBooks();
            assertThat(Files.readString(file()))
                    .doesNotContain(customer.key(), server.operatorKey(), "secret words");
        } finally {
            collector.stop(0);
        }
        assertThat(text()).doesNotContain(customer.key(), "secret words");
    }

    @Test
    void aPaidAnswerIsOneLineWithItsTimelineTokensAndCost() {
        String id;
        try (RawHttp caller =
                server.open(
                        customer,
                        body("tide", "{\"output_tokens\": 3}", "\"stream\": true")
                                .replace("hi ", "secret words "))) {
            RawHttp.Head head = caller.head();
            id = head.header("x-request-id");
            while (caller.event() != null) {
                // To its end.
            }
        }

        JsonNode line = onlyLine(id);

        assertThat(line.path("method").asText()).isEqualTo("POST");
        assertThat(line.path("path").asText()).isEqualTo("/v1/chat/completions");
        assertThat(line.path("status").asInt()).isEqualTo(200);
        assertThat(line.path("organization").asText()).isEqualTo(customer.organization());
        assertThat(line.path("key_id").asText()).isEqualTo(customer.keyId());
        assertThat(line.path("model").asText()).isEqualTo("tide");
        assertThat(line.path("stream").asBoolean()).isTrue();
        assertThat(line.path("output_tokens").asLong()).isEqualTo(3);
        assertThat(line.path("cost").asText()).endsWith(" USD").startsWith("0.0000");
        assertThat(line.path("bytes_sent").asLong()).isPositive();
        JsonNode timeline = line.path("timeline_us");
        assertThat(timeline.fieldNames())
                .toIterable()
                .containsExactly(
                        "auth",
                        "admission",
                        "queue",
                        "connect",
                        "first_token",
                        "last_token",
                        "settle");
        long before = 0;
        for (JsonNode phase : timeline) {
            assertThat(phase.asLong()).isGreaterThanOrEqualTo(before);
            before = phase.asLong();
        }
        assertThat(line.has("trace_id")).isFalse();
    }

    @Test
    void whatIsRefusedIsALineTooAsFarAsItWasKnown() {
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.post("/v1/chat/completions", customer.key(), "{\"model\": \"none\"}");
            String known = caller.head().header("x-request-id");
            caller.body();
            caller.post("/v1/chat/completions", "sk-mooring-nobody", "{}");
            String nobody = caller.head().header("x-request-id");

            JsonNode refused = onlyLine(known);
            assertThat(refused.path("status").asInt()).isBetween(400, 404);
            assertThat(refused.path("organization").asText()).isEqualTo(customer.organization());
            assertThat(refused.path("problem").asText()).isNotEmpty();
            assertThat(refused.has("model")).isFalse();
            JsonNode unknown = onlyLine(nobody);
            assertThat(unknown.path("status").asInt()).isEqualTo(401);
            assertThat(unknown.has("organization")).isFalse();
        }
    }

    @Test
    void aCallerWhoLeavesIsALineWithWhatWasCharged() {
        Customer leaving = server.customer("1");
        String id;
        try (RawHttp caller =
                server.open(
                        leaving,
                        body(
                                "tide",
                                "{\"output_tokens\": 4000, \"tokens_per_second\": 50}",
                                "\"max_tokens\": 4000, \"stream\": true"))) {
            id = caller.head().header("x-request-id");
            assertThat(caller.event()).isNotNull();
        }

        JsonNode line = onlyLine(id);

        assertThat(line.path("ending").asText()).isEqualTo("cancelled");
        assertThat(line.path("output_tokens").asLong()).isPositive();
    }

    @Test
    void aTraceThatTheCallerBringsGoesOnToTheEngineAndToTheCollector() {
        server.canned()
                .says(
                        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},"
                                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,"
                                + "\"completion_tokens\":1,\"total_tokens\":11}}\n\n"
                                + "data: [DONE]\n\n");
        String content = body("canned", "");
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                            + customer.key()
                            + "\r\ntraceparent: 00-"
                            + TRACE
                            + "-"
                            + PARENT
                            + "-01\r\ncontent-length: "
                            + content.length()
                            + "\r\n\r\n"
                            + content);
            RawHttp.Head head = caller.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(onlyLine(head.header("x-request-id")).path("trace_id").asText())
                    .isEqualTo(TRACE);
        }
        String passedOn =
                Objects.requireNonNull(server.canned().lastHeaders().get("traceparent")).getFirst();
        assertThat(passedOn).matches("00-" + TRACE + "-[0-9a-f]{16}-01").doesNotContain(PARENT);

        Await.until("the span arrived", SOON, () -> text().contains("chat canned"));
        assertThat(text())
                .contains(
                        new String(HexFormat.of().parseHex(TRACE), StandardCharsets.ISO_8859_1),
                        new String(
                                HexFormat.of().parseHex(passedOn.substring(36, 52)),
                                StandardCharsets.ISO_8859_1),
                        "gen_ai.operation.name",
                        "gen_ai.request.model",
                        "gen_ai.usage.input_tokens",
                        "first_token",
                        "settle",
                        "mooring.organization.id");
    }

    @Test
    void anEngineOfVectorsHearsOfTheTraceToo() {
        server.canned()
                .says(
                        "{\"data\":[{\"index\":0,\"embedding\":[0.5]}],"
                                + "\"usage\":{\"prompt_tokens\":1}}");

        Reply answer =
                server.send(
                        "POST",
                        "/v1/embeddings",
                        customer.key(),
                        "{\"model\": \"canned\", \"input\": \"hi\"}",
                        Map.of("traceparent", "00-" + TRACE + "-" + PARENT + "-01"));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(
                        Objects.requireNonNull(server.canned().lastHeaders().get("traceparent"))
                                .getFirst())
                .matches("00-" + TRACE + "-[0-9a-f]{16}-01")
                .doesNotContain(PARENT);
        Await.until("the span arrived", SOON, () -> text().contains("embeddings canned"));
    }

    /// The one line of a request, once it is written.
    private JsonNode onlyLine(String requestId) {
        Await.until("the line of " + requestId, SOON, () -> !lines(requestId).isEmpty());
        List<String> lines = lines(requestId);
        assertThat(lines).hasSize(1);
        try {
            return Json.MAPPER.readTree(lines.getFirst());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> lines(String requestId) {
        try {
            return Files.exists(file())
                    ? Files.readAllLines(file()).stream()
                            .filter(line -> line.contains(requestId) && line.endsWith("}"))
                            .toList()
                    : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file() {
        return server.folder().resolve("logs/access.log");
    }

    private String text() {
        synchronized (collected) {
            return collected.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private HttpServer collector() {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
            server.createContext(
                    "/v1/traces",
                    http -> {
                        byte[] bytes = http.getRequestBody().readAllBytes();
                        if ("gzip".equals(http.getRequestHeaders().getFirst("content-encoding"))) {
                            bytes =
                                    new GZIPInputStream(new java.io.ByteArrayInputStream(bytes))
                                            .readAllBytes();
                        }
                        synchronized (collected) {
                            collected.write(bytes);
                        }
                        http.sendResponseHeaders(200, -1);
                        http.close();
                    });
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
