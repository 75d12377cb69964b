package mooring.api.openai.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import mooring.json.Json;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What is kept of responses, for whom, and for how long.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeptResponsesTest {

    private static final String SECRET = "the heron stands in the shallows";

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void nothingIsKeptUnasked() {
        Customer customer = server.customer("1");
        Reply answer = create(customer, "");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.at("/store")).isEqualTo("false");
        assertThat(get(customer, answer.at("/id")).status()).isEqualTo(404);
        assertThat(rows()).doesNotContainKey(answer.at("/id"));
    }

    @Test
    void g30WhatIsKeptIsSealedAndNobodyElses() {
        Customer customer = server.customer("1");
        Customer other = server.customer("1");
        Reply answer = create(customer, ", \"store\": true");
        String id = answer.at("/id");

        assertThat(get(customer, id).at("/output/0/content/0/text")).isEqualTo(SECRET);
        for (String path : List.of("", "/input_items")) {
            Reply refused = server.send("GET", path(id) + path, other.key(), null);
            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.text()).doesNotContain("heron");
        }
        assertThat(server.send("DELETE", path(id), other.key(), null).status()).isEqualTo(404);
        assertThat(server.send("POST", path(id) + "/cancel", other.key(), null).status())
                .isEqualTo(404);
        Reply followed = create(other, ", \"previous_response_id\": \"" + id + "\"");
        assertThat(followed.status()).isEqualTo(404);
        assertThat(server.settlements(other)).isEmpty();
        assertThat(rows()).containsKey(id);
        assertThat(rows().get(id)).isNotEmpty().doesNotContain("heron");
    }

    @Test
    void whatHasEndedCannotBeCancelled() {
        Customer customer = server.customer("1");
        String id = create(customer, ", \"store\": true").at("/id");

        Reply refused = server.send("POST", path(id) + "/cancel", customer.key(), null);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.at("/error/param")).isEqualTo("response_id");
        assertThat(refused.at("/error/message"))
                .isEqualTo("response " + id + " has ended (expected: one that runs)");
        assertThat(get(customer, id).at("/status")).isEqualTo("completed");
        Reply read = server.send("GET", path(id) + "/cancel", customer.key(), null);
        assertThat(read.status()).isEqualTo(405);
        assertThat(read.header("allow")).isEqualTo("POST");
        assertThat(server.send("POST", path(id) + "/cancel", null, null).status()).isEqualTo(401);
    }

    @Test
    void g19ReadingWhatIsKeptIsFree() {
        Customer customer = server.customer("1");
        String id = create(customer, ", \"store\": true").at("/id");
        long posted = server.posted(customer);

        for (int i = 0; i < 3; i++) {
            assertThat(get(customer, id).status()).isEqualTo(200);
        }

        assertThat(server.settlements(customer)).hasSize(1);
        assertThat(server.posted(customer)).isEqualTo(posted);
    }

    @Test
    void whatIsDeletedOrHasHadItsTimeIsGone() {
        Customer customer = server.customer("1");
        String deleted = create(customer, ", \"store\": true").at("/id");
        String old = create(customer, ", \"store\": true").at("/id");

        Reply answer = server.send("DELETE", path(deleted), customer.key(), null);
        assertThat(answer.at("/deleted")).isEqualTo("true");
        server.jdbi()
                .useHandle(
                        handle ->
                                handle.execute(
                                        "UPDATE kept_response SET ends_at = kept_at"
                                                + " WHERE replace(request_id::text, '-', '') = ?",
                                        old.substring("resp_".length())));

        for (String gone : List.of(deleted, old)) {
            assertThat(get(customer, gone).status()).isEqualTo(404);
            assertThat(server.send("DELETE", path(gone), customer.key(), null).status())
                    .isEqualTo(404);
        }
        assertThat(rows()).doesNotContainKey(deleted);
    }

    @Test
    void aFollowingResponseBeginsWithWhatWasSaidBefore() {
        Customer customer = server.customer("1");
        String first =
                create(customer, ", \"store\": true, \"instructions\": \"be brief\"").at("/id");

        create(customer, ", \"previous_response_id\": \"" + first + "\"");

        JsonNode messages = sent().path("messages");
        assertThat(messages).hasSize(3);
        assertThat(messages.path(0).path("content").asText()).isEqualTo("hi");
        assertThat(messages.path(1).path("role").asText()).isEqualTo("assistant");
        assertThat(messages.path(1).path("content").asText()).isEqualTo(SECRET);
        assertThat(messages.path(2).path("role").asText()).isEqualTo("user");
    }

    @Test
    void aResponseTooLargeToKeepIsAnsweredAndSaysSo() {
        Customer customer = server.customer("5000");
        engineSaysTheSecret();
        Reply answer =
                server.send(
                        "POST",
                        "/v1/responses",
                        customer.key(),
                        "{\"model\": \"canned\", \"store\": true, \"input\": [{\"role\": \"user\","
                                + " \"content\": \"hi\", \"padding\": \""
                                + "x".repeat(5 << 20)
                                + "\"}]}");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.at("/store")).isEqualTo("false");
        assertThat(get(customer, answer.at("/id")).status()).isEqualTo(404);
    }

    private Reply create(Customer customer, String fields) {
        engineSaysTheSecret();
        return server.send(
                "POST",
                "/v1/responses",
                customer.key(),
                "{\"model\": \"canned\", \"input\": \"hi\"" + fields + "}");
    }

    private void engineSaysTheSecret() {
        server.canned()
                .says(
                        """
                        data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":"stop"}]}

                        data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4}}

                        data: [DONE]

                        """
                                .formatted(SECRET));
    }

    private Reply get(Customer customer, String id) {
        return server.send("GET", path(id), customer.key(), null);
    }

    private static String path(String id) {
        return "/v1/responses/" + id;
    }

    private JsonNode sent() {
        try {
            return Json.MAPPER.readTree(server.canned().bodies().getLast());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// The rows as text, by response id.
    private Map<String, String> rows() {
        return server.jdbi()
                .withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                SELECT 'resp_' || replace(request_id::text, '-', ''),
                                                    encode(pieces[1], 'escape')
                                                FROM kept_response
                                                """)
                                        .reduceRows(
                                                new java.util.TreeMap<String, String>(),
                                                (all, row) -> {
                                                    all.put(
                                                            row.getColumn(1, String.class),
                                                            row.getColumn(2, String.class));
                                                    return all;
                                                }));
    }
}
