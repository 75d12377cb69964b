package mooring.simulator;

import static mooring.simulator.EngineClient.chat;
import static mooring.simulator.EngineClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagesTest {

    @Test
    void everyPageSaysThatThisIsNoModel() {
        try (EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
                EngineClient client = new EngineClient(engine)) {
            for (String path :
                    new String[] {"/health", "/v1/health", "/version", "/v1/models", "/props"}) {
                HttpResponse<String> page = client.get(path);

                assertThat(page.statusCode()).as(path).isEqualTo(200);
                assertThat(page.headers().firstValue("server").orElse(""))
                        .contains("for tests only");
            }
            assertThat(client.get("/nothing").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void modelsAndPropertiesTellTheWindow() {
        SimulatorOptions options =
                SimulatorOptions.builder().model("a").model("b").contextTokens(4_096).build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine)) {
            JsonNode models = json(client.get("/v1/models").body());
            assertThat(models.at("/data/1/id").asText()).isEqualTo("b");
            assertThat(models.at("/data/0/max_model_len").asInt()).isEqualTo(4_096);

            JsonNode props = json(client.get("/props").body());
            assertThat(props.at("/default_generation_settings/n_ctx").asInt()).isEqualTo(4_096);
            assertThat(props.path("total_slots").asInt()).isEqualTo(256);
            assertThat(json(client.get("/slots").body())).hasSize(256);
        }
    }

    @Test
    void theTokenizerAndTheTemplateAgreeWithUsage() {
        try (EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
                EngineClient client = new EngineClient(engine)) {
            JsonNode body =
                    chat(
                            "Kia ora, 世界 <|x",
                            "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}");
            int counted = client.answer(body).at("/usage/prompt_tokens").asInt();

            JsonNode vllm = json(client.post("/tokenize", body).body());
            JsonNode template = json(client.post("/apply-template", body).body());
            JsonNode llamaCpp =
                    json(
                            client.post(
                                            "/tokenize",
                                            EngineClient.JSON
                                                    .createObjectNode()
                                                    .put(
                                                            "content",
                                                            template.path("prompt").asText()))
                                    .body());

            assertThat(vllm.path("count").asInt()).isEqualTo(counted);
            assertThat(vllm.path("tokens")).hasSize(counted);
            assertThat(llamaCpp.path("tokens")).hasSize(counted);
        }
    }

    @Test
    void metricsCountWhatWasDone() {
        try (EngineSimulator engine = EngineSimulator.start(SimulatorOptions.defaults());
                EngineClient client = new EngineClient(engine)) {
            String message = "[[simulate {\"output_tokens\": 7, \"prompt_tokens\": 40}]]";
            client.answer(chat(message, "{}"));
            client.answer(
                    chat(
                            "[[simulate {\"output_tokens\": 7, \"prompt_tokens\": 40, \"cached_tokens\": 10}]]",
                            "{}"));

            String metrics = client.get("/metrics").body();

            assertThat(metrics.lines())
                    .contains(
                            "vllm:prompt_tokens_total{model_name=\"simulated\",engine=\"0\"} 80",
                            "vllm:generation_tokens_total{model_name=\"simulated\",engine=\"0\"} 14",
                            "vllm:request_success_total{model_name=\"simulated\",engine=\"0\",finished_reason=\"stop\"} 2",
                            "vllm:num_requests_running{model_name=\"simulated\",engine=\"0\"} 0",
                            "vllm:time_to_first_token_seconds_count{model_name=\"simulated\",engine=\"0\"} 2",
                            "llamacpp:prompt_tokens_total 70",
                            "llamacpp:tokens_predicted_total 14",
                            "llamacpp:requests_processing 0",
                            "llamacpp:requests_deferred 0");
        }
    }

    @Test
    void aKeyIsAskedForWhereKeysAreGiven() {
        SimulatorOptions options = SimulatorOptions.builder().apiKey("right").build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine)) {
            assertThat(client.get("/v1/models").statusCode()).isEqualTo(401);
            assertThat(client.post("/v1/chat/completions", chat("x", "{}")).statusCode())
                    .isEqualTo(401);
            assertThat(
                            client.send(
                                            client.request("/v1/chat/completions")
                                                    .header("Authorization", "Bearer right")
                                                    .POST(
                                                            BodyPublishers.ofString(
                                                                    chat("x", "{}").toString())))
                                    .statusCode())
                    .isEqualTo(200);
            assertThat(client.get("/health").statusCode()).isEqualTo(200);
            assertThat(client.get("/metrics").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theLogFileHasOneLineOfJsonPerRequest(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("log.jsonl");
        SimulatorOptions options = SimulatorOptions.builder().logFile(file).build();
        try (EngineSimulator engine = EngineSimulator.start(options);
                EngineClient client = new EngineClient(engine)) {
            client.answer(chat("one", "{\"max_tokens\":2}"));
            client.answer(chat("two", "{\"max_tokens\":3}"));

            assertThat(Files.readAllLines(file))
                    .extracting(line -> json(line).path("generated_tokens").asInt())
                    .containsExactly(2, 3);
        }
    }
}
