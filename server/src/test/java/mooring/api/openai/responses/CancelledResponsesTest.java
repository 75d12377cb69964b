package mooring.api.openai.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import mooring.json.Json;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A running response can be ended by its id.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CancelledResponsesTest {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final TestingServer server = TestingServer.start();

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.awaitNoHold();
            server.requireBalancedBooks();
        }
    }

    @Test
    void aStreamIsEndedBookedAndKeptAsCancelled() throws Exception {
        Customer customer = server.customer("1");
        try (RawHttp stream = RawHttp.connect(server.baseUrl()).deadline(DEADLINE)) {
            stream.post("/v1/responses", customer.key(), body());
            assertThat(stream.head().status()).isEqualTo(200);
            String id = data(stream, "response.created").at("/response/id").textValue();
            data(stream, "response.output_text.delta");

            Reply answer = cancel(customer, id);

            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.at("/id")).isEqualTo(id);
            assertThat(answer.at("/status")).isEqualTo("cancelled");
            assertThat(answer.json().at("/usage/output_tokens").longValue()).isPositive();
            assertThat(answer.json().at("/output/0/content/0/text").textValue()).isNotEmpty();
            JsonNode last = data(stream, "response.incomplete");
            assertThat(last.at("/response/status").textValue()).isEqualTo("cancelled");
            assertThat(last.at("/response/usage")).isEqualTo(answer.json().at("/usage"));
            Reply kept = server.send("GET", "/v1/responses/" + id, customer.key(), null);
            assertThat(kept.at("/status")).isEqualTo("cancelled");
            assertThat(cancel(customer, id).status()).isEqualTo(400);
        }
        assertThat(server.onlySettlement(customer)).containsEntry("ending", "CANCELLED");
        assertThat(server.simulator().log().getLast().cancelled()).isTrue();
    }

    @Test
    void nobodyElsesIsFound() throws Exception {
        Customer customer = server.customer("1");
        Customer other = server.customer("1");
        try (RawHttp stream = RawHttp.connect(server.baseUrl()).deadline(DEADLINE)) {
            stream.post("/v1/responses", customer.key(), body());
            stream.head();
            String id = data(stream, "response.created").at("/response/id").textValue();

            Reply refused = cancel(other, id);

            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.at("/error/message"))
                    .startsWith("it does not run on this node, and there is no response " + id);
            assertThat(cancel(customer, id).status()).isEqualTo(200);
        }
    }

    private Reply cancel(Customer customer, String id) {
        return server.send("POST", "/v1/responses/" + id + "/cancel", customer.key(), null);
    }

    private static JsonNode data(RawHttp stream, String type) throws Exception {
        for (String event = stream.event(); event != null; event = stream.event()) {
            JsonNode data = Json.MAPPER.readTree(event);
            if (data.path("type").asText().equals(type)) {
                return data;
            }
        }
        throw new AssertionError("the stream ended without " + type);
    }

    private static String body() {
        return "{\"model\": \"tide\", \"store\": true, \"stream\": true, \"input\":"
                + " \"hi [[simulate {\\\"output_tokens\\\": 4000, \\\"tokens_per_second\\\": 50}]]\","
                + " \"max_output_tokens\": 4000}";
    }
}
