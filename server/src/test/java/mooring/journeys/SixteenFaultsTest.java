package mooring.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whatever an engine does, its caller gets an answer or one honest error, in either dialect,
/// streamed or whole; nobody pays twice or for nothing, and the next request is served.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SixteenFaultsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    /// Prompt and answer of every request, unless a fault is in the way: 1 USD a million tokens of
    /// prompt, 2 of output.
    private static final String SIZE = "\"prompt_tokens\": 10, \"cached_tokens\": 0, ";

    private static final long PAID = 1_000_000_000L;
    private static final long WHOLE = PAID - 10 * 1_000 - 12 * 2_000;
    private static final long SEVEN = PAID - 10 * 1_000 - 7 * 2_000;

    /// What comes of a fault, for a stream and for a whole answer.
    enum Outcome {
        /// The whole answer, at its price.
        ANSWERED,
        /// The whole answer, at a price that says it is estimated.
        ESTIMATED,
        /// An answer ended early by the engine's own word.
        FILTERED,
        /// An error status, free.
        REFUSED,
        /// Seven tokens, then an error in the stream; a whole answer is an error, and free.
        BROKEN_OFF,
        /// The same, but the system may have thrown away what was sent and not yet read.
        TORN
    }

    enum Fault {
        BUSY_WITH_RETRY_AFTER(
                "\"http_error\": {\"status\": 429, \"retry_after\": 7}", Outcome.REFUSED, 429, 529),
        BUSY_WITHOUT_RETRY_AFTER("\"http_error\": 429", Outcome.REFUSED, 429, 529),
        INTERNAL_ERROR("\"http_error\": 500", Outcome.REFUSED, 502, 502),
        UNAVAILABLE("\"http_error\": 503", Outcome.REFUSED, 429, 529),
        RESET("\"reset_after_tokens\": 0", Outcome.REFUSED, 503, 503),
        RESET_BEHIND_CONTENT("\"reset_after_tokens\": 7", Outcome.TORN, 502, 502),
        SILENCE("\"silence\": true", Outcome.REFUSED, 504, 504),
        SLOW_FIRST_TOKEN("\"first_token_after_ms\": 700", Outcome.ANSWERED, 200, 200),
        CUT("\"cut_after_tokens\": 7", Outcome.BROKEN_OFF, 502, 502),
        STALL("\"stall_after_tokens\": 7", Outcome.BROKEN_OFF, 504, 504),
        MALFORMED_CHUNK("\"malformed_chunk\": 7", Outcome.BROKEN_OFF, 502, 502),
        MISSING_DONE("\"no_done\": true", Outcome.ANSWERED, 200, 200),
        MISSING_USAGE("\"usage\": \"none\"", Outcome.ESTIMATED, 200, 200),
        USAGE_IN_THE_CHOICE("\"usage\": \"in_choice\"", Outcome.ANSWERED, 200, 200),
        USAGE_BESIDE_THE_FINISH("\"usage\": \"with_finish\"", Outcome.ANSWERED, 200, 200),
        CONTEXT_ERROR("\"context_error\": true", Outcome.REFUSED, 400, 400),
        CONTENT_FILTER("\"content_filter_after_tokens\": 7", Outcome.FILTERED, 200, 200),
        FLAPPING("\"flapping\": {\"up\": 1, \"down\": 1}", Outcome.ANSWERED, 200, 200),
        HALF_OPEN("\"half_open_after_tokens\": 0", Outcome.REFUSED, 504, 504),
        HALF_OPEN_BEHIND_CONTENT("\"half_open_after_tokens\": 7", Outcome.BROKEN_OFF, 504, 504);

        private final String order;
        private final Outcome outcome;
        private final int openAi;
        private final int anthropic;

        Fault(String order, Outcome outcome, int openAi, int anthropic) {
            this.order = order;
            this.outcome = outcome;
            this.openAi = openAi;
            this.anthropic = anthropic;
        }
    }

    enum Dialect {
        OPENAI("/v1/chat/completions", "data: [DONE]", "{\"error\":{", "\"content\""),
        ANTHROPIC("/v1/messages", "event: message_stop", "event: error", "text_delta");

        private final String path;
        private final String cleanEnd;
        private final String streamError;
        private final String piece;

        Dialect(String path, String cleanEnd, String streamError, String piece) {
            this.path = path;
            this.cleanEnd = cleanEnd;
            this.streamError = streamError;
            this.piece = piece;
        }
    }

    private final TestingServer server =
            TestingServer.start("--first-content-timeout", "3s", "--idle-timeout", "2s");
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final Customer next = server.customer("1");

    @AfterAll
    void endsWithBalancedBooks() {
        callers.close();
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void g26g27AnEnginesFaultIsAnAnswerOrOneHonestError(Fault fault) throws Exception {
        server.simulator().reset();
        List<Callable<Boolean>> all = new ArrayList<>();
        for (Dialect dialect : Dialect.values()) {
            for (boolean stream : new boolean[] {true, false}) {
                all.add(() -> ask(fault, dialect, stream));
            }
        }

        if (fault == Fault.FLAPPING) {
            // One after the other, so that it is known who finds it down.
            for (Callable<Boolean> each : all) {
                each.call();
            }
        } else {
            for (Future<Boolean> each : callers.invokeAll(all)) {
                each.get();
            }
        }

        Await.until("the engine is free", SOON, () -> server.simulator().open() == 0);
        server.awaitNoHold();
        assertThat(server.held()).isZero();
        for (Dialect dialect : Dialect.values()) {
            Reply good = send(next, dialect, "{\"output_tokens\": 3}", true);
            assertThat(good.text()).contains(dialect.cleanEnd);
        }
    }

    private boolean ask(Fault fault, Dialect dialect, boolean stream) {
        Customer customer = server.customer("1");
        String directive = "{" + SIZE + "\"output_tokens\": 12, " + fault.order + "}";

        Reply reply = send(customer, dialect, directive, stream);

        String what = fault + " " + dialect + (stream ? " stream" : " whole") + ": " + reply.text();
        int refusal = dialect == Dialect.OPENAI ? fault.openAi : fault.anthropic;
        List<Map<String, Object>> settled = settled(customer);
        long posted = server.posted(customer);
        switch (fault.outcome) {
            case ANSWERED -> {
                complete(what, reply, dialect, stream);
                assertThat(settled).as(what).hasSize(1);
                assertThat(posted).as(what).isEqualTo(WHOLE);
            }
            case ESTIMATED -> {
                complete(what, reply, dialect, stream);
                assertThat(settled).as(what).hasSize(1);
                assertThat(settled.getFirst()).as(what).containsEntry("estimated", true);
                assertThat(TestingServer.count(settled.getFirst(), "output")).isEqualTo(12);
            }
            case FILTERED -> {
                complete(what, reply, dialect, stream);
                assertThat(settled).as(what).hasSize(1);
                assertThat(settled.getFirst()).containsEntry("ending", "CONTENT_FILTER");
                assertThat(posted).as(what).isEqualTo(SEVEN);
            }
            case REFUSED -> {
                honestError(what, reply, refusal);
                assertThat(settled).as(what).isEmpty();
                assertThat(posted).as(what).isEqualTo(PAID);
            }
            case TORN -> {
                assertThat(reply.text()).as(what).doesNotContain(dialect.cleanEnd);
                long pieces = count(reply.text(), dialect.piece);
                if (reply.status() == 200) {
                    assertThat(count(reply.text(), dialect.streamError)).as(what).isEqualTo(1);
                    assertThat(posted).as(what).isEqualTo(PAID - 10 * 1_000 - pieces * 2_000);
                } else {
                    assertThat(reply.status()).as(what).isIn(502, 503);
                    assertThat(reply.at("/error/message")).as(what).isNotEmpty();
                    assertThat(posted).as(what).isEqualTo(PAID);
                }
            }
            case BROKEN_OFF -> {
                if (stream) {
                    assertThat(reply.status()).as(what).isEqualTo(200);
                    assertThat(reply.text()).as(what).doesNotContain(dialect.cleanEnd);
                    assertThat(count(reply.text(), dialect.streamError)).as(what).isEqualTo(1);
                    assertThat(settled).as(what).hasSize(1);
                    assertThat(posted).as(what).isEqualTo(SEVEN);
                } else {
                    honestError(what, reply, refusal);
                    assertThat(settled).as(what).isEmpty();
                    assertThat(posted).as(what).isEqualTo(PAID);
                }
            }
        }
        return true;
    }

    private static long count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1L;
    }

    private static void complete(String what, Reply reply, Dialect dialect, boolean stream) {
        assertThat(reply.status()).as(what).isEqualTo(200);
        assertThat(reply.text()).as(what).doesNotContain(dialect.streamError);
        if (stream) {
            assertThat(reply.text()).as(what).contains(dialect.cleanEnd);
        } else {
            assertThat(reply.json().isObject()).as(what).isTrue();
        }
    }

    /// A status of its own and a JSON body with one error that can be read.
    private static void honestError(String what, Reply reply, int status) {
        assertThat(reply.status()).as(what).isEqualTo(status);
        assertThat(reply.header("content-type")).as(what).isEqualTo("application/json");
        assertThat(reply.at("/error/message")).as(what).isNotEmpty();
        assertThat(reply.text()).as(what).doesNotContain("Exception").doesNotContain("\tat ");
    }

    /// What is settled once nothing of the customer runs any more.
    private List<Map<String, Object>> settled(Customer customer) {
        Await.until("no request runs", SOON, () -> held(customer).signum() == 0);
        return server.settlements(customer);
    }

    private BigDecimal held(Customer customer) {
        return new BigDecimal(server.balance(customer).path("held").asText());
    }

    private Reply send(Customer customer, Dialect dialect, String directive, boolean stream) {
        return server.send(
                "POST",
                dialect.path,
                customer.key(),
                TestingServer.body(
                        "tide", directive, "\"max_tokens\": 64", "\"stream\": " + stream));
    }
}
