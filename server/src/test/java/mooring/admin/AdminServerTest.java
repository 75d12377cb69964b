package mooring.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import mooring.catalog.Catalog;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.ReplicaSpec;
import mooring.inference.ModelId;
import mooring.json.Json;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.telemetry.Metrics;
import mooring.testing.TestDatabase;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {

    private static final int PATIENCE_SECONDS = 30;

    private final Vertx vertx = Vertx.vertx();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Metrics metrics = new Metrics(List.of(new ModelId("kauri")));
    private final AtomicBoolean draining = new AtomicBoolean();
    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private final Clock clock =
            new Clock() {
                @Override
                public Instant now() {
                    return Instant.EPOCH;
                }

                @Override
                public long monotonicNanos() {
                    return nanos.get();
                }
            };

    private int port;

    private record Reply(int status, String head, String body) {

        JsonNode json() throws IOException {
            return Json.MAPPER.readTree(body);
        }
    }

    @BeforeEach
    void open() throws Exception {
        port =
                listen(
                        ReadinessCheck.of(
                                "counted",
                                () -> {
                                    runs.incrementAndGet();
                                    return ReadinessCheck.PASSED;
                                }),
                        ReadinessChecks.notDraining(draining::get));
    }

    private int listen(ReadinessCheck... checks) throws Exception {
        return new AdminServer(vertx, metrics, List.of(checks), threads, clock)
                .listen(0)
                .toCompletableFuture()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() throws Exception {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        threads.close();
        metrics.close();
    }

    private Reply get(String path) throws IOException {
        return send(port, "GET " + path, "127.0.0.1:" + port);
    }

    /// Plain sockets, since HTTP clients choose the Host header themselves.
    private static Reply send(int port, String line, String host) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(PATIENCE_SECONDS * 1000);
            String request = line + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            try (InputStream in = socket.getInputStream()) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                int split = text.indexOf("\r\n\r\n");
                return new Reply(
                        Integer.parseInt(text.substring(9, 12)),
                        text.substring(0, split),
                        text.substring(split + 4));
            }
        }
    }

    @Test
    void aLivingProcessSaysSo() throws IOException {
        assertThat(get("/healthz")).isEqualTo(new Reply(200, get("/healthz").head(), "ok\n"));
    }

    @Test
    void metricsAreInPrometheusTextForm() throws IOException {
        metrics.holdPlaced();
        Reply reply = get("/metrics");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.head()).contains("text/plain; version=0.0.4");
        assertThat(reply.body()).contains("\nmooring_holds_open 1.0\n");
    }

    @Test
    void readyOnlyWhileEveryCheckPasses() throws IOException {
        Reply ready = get("/readyz");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(ready.json().path("ready").asBoolean()).isTrue();

        draining.set(true);
        nanos.addAndGet(Readiness.FRESH_FOR.toNanos());
        Reply unready = get("/readyz");
        assertThat(unready.status()).isEqualTo(503);
        assertThat(unready.json().at("/checks/counted/state").asText()).isEqualTo("passed");
        assertThat(unready.json().at("/checks/not_draining/state").asText()).isEqualTo("failed");
        assertThat(unready.json().at("/checks/not_draining/reason").asText())
                .isEqualTo("this process is about to stop");
    }

    @Test
    void howeverOftenItIsAskedAChecksResultHoldsForASecond() throws IOException {
        for (int i = 0; i < 10; i++) {
            get("/readyz");
        }
        assertThat(runs).hasValue(1);
        nanos.addAndGet(Readiness.FRESH_FOR.toNanos() - 1);
        get("/readyz");
        assertThat(runs).hasValue(1);
        nanos.addAndGet(1);
        get("/readyz");
        assertThat(runs).hasValue(2);
    }

    @Test
    void aCheckThatHangsHasFailedAndIsNotStartedAgain() throws Exception {
        AtomicInteger started = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        int hanging =
                listen(
                        ReadinessCheck.of(
                                "stuck",
                                () -> {
                                    started.incrementAndGet();
                                    try {
                                        never.await();
                                    } catch (InterruptedException e) {
                                        throw new AssertionError(e);
                                    }
                                    return ReadinessCheck.PASSED;
                                }));
        try {
            for (int i = 0; i < 2; i++) {
                Reply reply = send(hanging, "GET /readyz", "localhost:" + hanging);
                assertThat(reply.status()).isEqualTo(503);
                assertThat(reply.json().at("/checks/stuck/reason").asText())
                        .isEqualTo("no result within 2 s");
                nanos.addAndGet(Duration.ofMinutes(1).toNanos());
            }
            assertThat(started).hasValue(1);
        } finally {
            never.countDown();
        }
    }

    @Test
    void aCheckThatBreaksHasFailed() throws Exception {
        int broken =
                listen(
                        ReadinessCheck.of(
                                "broken",
                                () -> {
                                    throw new IllegalStateException("out of luck");
                                }));
        Reply reply = send(broken, "GET /readyz", "localhost");
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.json().at("/checks/broken/reason").asText()).contains("out of luck");
    }

    @Test
    void aClockMoreThanFiveSecondsOffTheDatabasesIsNotReady() {
        try (TestDatabase database = TestDatabase.create()) {
            DataSource source = database.database().dataSource();
            assertThat(ReadinessChecks.clock(source, Clock.system()).check())
                    .isEqualTo(ReadinessCheck.PASSED);
            for (Duration off : List.of(Duration.ofSeconds(8), Duration.ofSeconds(-8))) {
                Clock wrong =
                        new Clock() {
                            @Override
                            public Instant now() {
                                return Clock.system().now().plus(off);
                            }

                            @Override
                            public long monotonicNanos() {
                                return Clock.system().monotonicNanos();
                            }
                        };
                assertThat(ReadinessChecks.clock(source, wrong).check())
                        .asString()
                        .containsPattern("clock is [78] s off the database's .expected: at most 5");
            }
        }
    }

    @Test
    void theDatabaseIsReadyWhileItAnswers() {
        TestDatabase database = TestDatabase.create();
        ReadinessCheck check = ReadinessChecks.database(database.database().dataSource());
        assertThat(check.check()).isEqualTo(ReadinessCheck.PASSED);
        database.close();
        assertThat(check.check()).isInstanceOf(ReadinessCheck.Result.Failed.class);
    }

    @Test
    void everyModelNeedsAReplicaThatTakesWork() {
        ReplicaSpec address =
                new ReplicaSpec.Address(
                        EngineKind.VLLM, null, 1, java.net.URI.create("http://127.0.0.1:9"), null);
        Catalog catalog = new Catalog(List.of(model("kauri", address), model("rimu", address)));
        Replicas replicas = new Replicas(catalog, Clock.system());
        ReadinessCheck check = ReadinessChecks.replicas(catalog, replicas);
        replicas.of(new ModelId("kauri")).getFirst().update(new Replica.State.Ready());
        replicas.of(new ModelId("rimu")).getFirst().update(new Replica.State.Down("refused"));
        assertThat(check.check())
                .isEqualTo(
                        new ReadinessCheck.Result.Failed(
                                "no replica ready of rimu (rimu-1 down: refused)"));
        replicas.of(new ModelId("rimu")).getFirst().update(new Replica.State.Ready());
        assertThat(check.check()).isEqualTo(ReadinessCheck.PASSED);
    }

    private static Model model(String id, ReplicaSpec replica) {
        return new Model(
                new ModelId(id),
                "mooring",
                8192,
                512,
                4096,
                java.util.Set.of(),
                ParameterRules.NONE,
                java.util.Set.of(),
                List.of(replica));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "localhost", "LOCALHOST", "[::1]", "localhost:%d", "[::1]:%d"})
    void aNameOfThisMachineIsAnswered(String host) throws IOException {
        assertThat(send(port, "GET /healthz", host.formatted(port)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:%d",
                "127.0.0.1.evil.example",
                "localhost:1",
                "localhost:%d.evil.example",
                "127.0.0.1:%d:%d",
                "0.0.0.0",
                "::1",
                "localhost.",
                "user@localhost",
                ""
            })
    void anotherHostsNameIsRefusedSoThatNoWebPageCanReachIn(String host) throws IOException {
        for (String path : List.of("/healthz", "/readyz", "/metrics", "/nothing")) {
            Reply reply = send(port, "GET " + path, host.formatted(port, port));
            assertThat(reply.status()).as("%s %s", host, path).isIn(400, 421);
            assertThat(reply.body()).doesNotContain("mooring_").doesNotContain("checks");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"})
    void nothingButReadingIsAllowed(String method) throws IOException {
        Reply reply = send(port, method + " /healthz", "localhost");
        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.head().toLowerCase(java.util.Locale.ROOT)).contains("allow: get");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/healthz/", "/metrics/x", "/readyz%00", "/api/v1/organizations"})
    void otherPathsAreNotFound(String path) throws IOException {
        assertThat(get(path).status()).isEqualTo(404);
    }
}
