package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mooring.testing.Await;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Streams as engines and platforms send them, each with its own way to say what it counted.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VendorsUsageTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private static final String ONE =
            chunk("\"delta\":{\"content\":\"one\"},\"finish_reason\":null");
    private static final String TWO =
            chunk("\"delta\":{\"content\":\" two\"},\"finish_reason\":null");
    private static final String STOP = chunk("\"delta\":{},\"finish_reason\":\"stop\"");
    private static final String COUNTED =
            "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":3,\"total_tokens\":22,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":7}}";

    /// Streams that say 19 prompt tokens, 7 of them cached, and 3 of output.
    enum Counted {
        OPENAI_IN_A_CHUNK_OF_ITS_OWN(
                with(ONE, "\"usage\":null"),
                with(TWO, "\"usage\":null"),
                with(STOP, "\"usage\":null"),
                "{\"id\":\"c\",\"choices\":[]," + COUNTED + "}"),
        VLLM_WITH_EVERY_CHUNK(
                with(
                        ONE,
                        "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":1,\"total_tokens\":20}"),
                with(
                        TWO,
                        "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":2,\"total_tokens\":21}"),
                with(STOP, COUNTED)),
        KIMI_INSIDE_THE_CHOICE(
                ONE,
                TWO,
                chunk(
                        "\"delta\":{},\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":19,"
                                + "\"completion_tokens\":3,\"total_tokens\":22,\"cached_tokens\":7}")),
        DEEPSEEK_BESIDE_THE_FINISH(
                ONE,
                TWO,
                with(
                        STOP,
                        "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":3,\"total_tokens\":22,"
                                + "\"prompt_cache_hit_tokens\":7,\"prompt_cache_miss_tokens\":12}")),
        BESIDE_THE_LAST_CONTENT(
                ONE,
                with(
                        chunk("\"delta\":{\"content\":\" two\"},\"finish_reason\":\"stop\""),
                        COUNTED)),
        BESIDE_CONTENT_BEFORE_AN_EMPTY_FINISH(ONE, with(TWO, COUNTED), STOP),
        CUT_SHORT_BY_ITS_LENGTH(
                ONE,
                with(
                        chunk("\"delta\":{\"content\":\" two\"},\"finish_reason\":\"length\""),
                        COUNTED)),
        STOPPED_BY_A_FILTER(
                ONE, with(chunk("\"delta\":{},\"finish_reason\":\"content_filter\""), COUNTED)),
        ENDED_WITH_A_CALL(
                chunk(
                        "\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\","
                                + "\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]},"
                                + "\"finish_reason\":null"),
                with(chunk("\"delta\":{},\"finish_reason\":\"tool_calls\""), COUNTED)),
        SAID_AND_THEN_LEFT_OPEN(ONE, TWO, with(STOP, COUNTED), "{\"choices\":[],\"usage\":null}");

        private final String events;

        Counted(String... chunks) {
            this.events = events(chunks);
        }
    }

    /// Streams of two words that never say how many tokens they were.
    enum Uncounted {
        NOTHING(ONE, TWO, STOP),
        NULL(ONE, TWO, with(STOP, "\"usage\":null")),
        NO_FIELDS(ONE, TWO, STOP, "{\"choices\":[],\"usage\":{}}"),
        NULLS(
                ONE,
                TWO,
                STOP,
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":null}}"),
        NO_OUTPUT(ONE, TWO, STOP, "{\"choices\":[],\"usage\":{\"prompt_tokens\":10}}"),
        ONLY_AT_THE_BEGINNING(
                with(
                        chunk("\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null"),
                        "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":0,\"total_tokens\":10}"),
                ONE,
                TWO,
                STOP);

        private final String events;

        Uncounted(String... chunks) {
            this.events = events(chunks);
        }
    }

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @EnumSource
    void b30g14g15UsageIsFoundWhereverItStandsAndHoweverTheAnswerEnds(Counted stream) {
        for (String streamed : List.of("true", "false")) {
            assertThat(served(stream.events, streamed))
                    .as("streamed: " + streamed)
                    .containsEntry("input_uncached", 12L)
                    .containsEntry("cache_read", 7L)
                    .containsEntry("output", 3L)
                    .containsEntry("estimated", false)
                    .containsEntry("charge", 12_000L + 700 + 6_000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void b32g5g6WhatIsMissingIsNotZero(Uncounted stream) {
        for (String streamed : List.of("true", "false")) {
            assertThat(served(stream.events, streamed))
                    .as("streamed: " + streamed)
                    .containsEntry("input_uncached", 10L)
                    .containsEntry("estimated", true)
                    .satisfies(
                            row ->
                                    assertThat(TestingServer.count(row, "output"))
                                            .isBetween(1L, 2L));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "same"})
    void g18TheEnginesIdIsNoKeyOfOurs(String id) {
        Customer customer = server.customer("1");
        server.canned()
                .says(events(with(STOP.replace("\"id\":\"c\"", "\"id\":\"" + id + "\""), COUNTED)));

        Reply one = server.chat(customer, body("canned", ""));
        Reply other = server.chat(customer, body("canned", ""));

        assertThat(List.of(one.at("/id"), other.at("/id"))).doesNotHaveDuplicates();
        Await.until("both are booked", SOON, () -> server.settlements(customer).size() == 2);
        assertThat(server.settlements(customer).stream().map(row -> row.get("request_id")))
                .doesNotHaveDuplicates();
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L - 2 * 18_700);
    }

    private Map<String, Object> served(String events, String streamed) {
        Customer customer = server.customer("1");
        server.canned().says(events);
        Reply answer = server.chat(customer, body("canned", "", "\"stream\": " + streamed));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return server.onlySettlement(customer);
    }

    @Test
    void aCountThatNoEngineReachesIsNotBilled() {
        Customer customer = server.customer("1");
        server.canned()
                .says(
                        events(
                                "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},"
                                        + "\"finish_reason\":\"stop\"}]}",
                                "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,"
                                        + "\"completion_tokens\":5000000000000000000}}"));

        Reply answer = server.chat(customer, body("canned", "", "\"stream\": false"));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        server.awaitNoHold();
        assertThat(server.onlySettlement(customer))
                .containsEntry("estimated", true)
                .containsEntry("output", 1L);
    }

    private static String events(String... chunks) {
        return Stream.concat(Stream.of(chunks), Stream.of("[DONE]"))
                .map(chunk -> "data: " + chunk + "\n\n")
                .collect(Collectors.joining());
    }

    private static String chunk(String choice) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                + "\"choices\":[{\"index\":0,"
                + choice
                + "}]}";
    }

    private static String with(String chunk, String field) {
        return chunk.substring(0, chunk.length() - 1) + "," + field + "}";
    }
}
