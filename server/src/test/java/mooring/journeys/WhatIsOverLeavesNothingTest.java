package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.Test;

/// Large prompts and odd callers cost neither others' time nor memory for good.
class WhatIsOverLeavesNothingTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String STREAM = "\"stream\": true";
    private static final String CHAT = "/v1/chat/completions";
    private static final String LONG = "{\"output_tokens\": 4000, \"tokens_per_second\": 20}";

    private static final int MEGABYTE = 1024 * 1024;

    /// Far less than the bodies of all rounds together.
    private static final long SPREAD_BYTES = 24L * MEGABYTE;

    private static final int ROUNDS = 6;
    private static final int IN_A_ROUND = 10;

    @Test
    void g23AbortsSlowReadersAndLargeBodiesAreForgotten() {
        try (TestingServer server = TestingServer.start()) {
            Customer customer = server.customer("1000");
            round(server, customer);
            round(server, customer);
            long warm = used();

            for (int i = 0; i < ROUNDS; i++) {
                round(server, customer);
            }

            Await.until("as little as before", SOON, () -> used() - warm < SPREAD_BYTES);
            server.requireBalancedBooks();
        }
    }

    private static void round(TestingServer server, Customer customer) {
        List<RawHttp> callers = new ArrayList<>();
        for (int i = 0; i < IN_A_ROUND; i++) {
            RawHttp leaves = server.open(customer, body("tide", LONG, STREAM));
            leaves.head();
            leaves.event();
            callers.add(leaves);
            callers.add(
                    RawHttp.connect(server.baseUrl(), 4096)
                            .post(CHAT, customer.key(), body("tide", LONG, STREAM)));
            assertThat(server.send("POST", CHAT, customer.key(), prompt(MEGABYTE)).status())
                    .isEqualTo(400);
        }
        callers.forEach(RawHttp::close);
        Await.until("all are gone", SOON, () -> server.simulator().open() == 0);
        server.awaitNoHold();
        server.simulator().reset();
    }

    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void g24APromptOfAMillionTokensIsReadBesideTheEventLoops() throws Exception {
        try (TestingServer server = TestingServer.start()) {
            Customer customer = server.customer("1000");
            String large = prompt(6 * MEGABYTE);
            try (RawHttp small = server.open(customer, body("tide", LONG, STREAM))) {
                assertThat(small.head().status()).isEqualTo(200);
                AtomicBoolean enough = new AtomicBoolean();
                Thread uploads =
                        Thread.ofPlatform()
                                .start(
                                        () -> {
                                            for (int i = 0; !enough.get(); i++) {
                                                server.send(
                                                        "POST",
                                                        CHAT,
                                                        customer.key(),
                                                        large,
                                                        Map.of("idempotency-key", "k" + i));
                                            }
                                        });
                int[] seen = new int[2];
                Await.until(
                        "readers at work",
                        SOON,
                        () -> {
                            seen[0] += at("mooring.api.JsonBody", "");
                            seen[1] += at("mooring.api.KeyedCalls", "fingerprint");
                            return seen[0] > 20 && seen[1] > 3;
                        });

                // Others are served meanwhile.
                assertThat(small.event()).isNotNull();
                assertThat(healthy(server)).isTrue();
                enough.set(true);
                uploads.join();
            }
            server.requireBalancedBooks();
        }
    }

    /// How many threads are at this work on a body at this moment, none of which may be an event
    /// loop's.
    private static int at(String type, String method) {
        int busy = 0;
        for (Map.Entry<Thread, StackTraceElement[]> each : Thread.getAllStackTraces().entrySet()) {
            if (Arrays.stream(each.getValue())
                    .anyMatch(
                            frame ->
                                    frame.getClassName().equals(type)
                                            && frame.getMethodName().startsWith(method))) {
                assertThat(each.getKey().getName()).doesNotContain("eventloop");
                busy++;
            }
        }
        return busy;
    }

    private static boolean healthy(TestingServer server) {
        try (var in = URI.create(server.adminUrl() + "/healthz").toURL().openStream()) {
            return in.readAllBytes().length > 0;
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    private static String prompt(int bytes) {
        return "{\"model\": \"tide\", \"messages\": [{\"role\": \"user\", \"content\": \""
                + "word ".repeat(bytes / 5)
                + "\"}]}";
    }
}
