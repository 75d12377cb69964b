package mooring.api.openai.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.WebSearchTool;
import java.util.List;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// OpenAI's own Java client with Responses, text completions and embeddings.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfficialResponsesClientTest {

    private static final String KIA_ORA = "[[simulate {\"text\": \"Kia ora, e hoa\"}]]";

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");
    private final OpenAIClient client = client(customer.key());

    @BeforeEach
    void forget() {
        server.simulator().reset();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        client.close();
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void aResponseIsAnsweredWithItsUsage() {
        Response response = client.responses().create(ask(KIA_ORA).build()).validate();

        assertThat(text(response)).isEqualTo("Kia ora, e hoa");
        assertThat(response.status()).contains(ResponseStatus.COMPLETED);
        assertThat(response.usage().orElseThrow().inputTokens()).isPositive();
        assertThat(response.usage().orElseThrow().totalTokens())
                .isEqualTo(
                        response.usage().orElseThrow().inputTokens()
                                + response.usage().orElseThrow().outputTokens());
    }

    @Test
    void aStreamAddsUpToTheWholeResponse() {
        ResponseAccumulator sum = ResponseAccumulator.create();
        StringBuilder pieces = new StringBuilder();

        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(ask(KIA_ORA).build())) {
            stream.stream()
                    .peek(ResponseStreamEvent::validate)
                    .peek(sum::accumulate)
                    .forEach(
                            event ->
                                    event.outputTextDelta()
                                            .ifPresent(delta -> pieces.append(delta.delta())));
        }

        assertThat(pieces).hasToString("Kia ora, e hoa");
        assertThat(text(sum.response())).isEqualTo("Kia ora, e hoa");
        assertThat(sum.response().status()).contains(ResponseStatus.COMPLETED);
        assertThat(sum.response().usage()).isPresent();
    }

    @Test
    void aFunctionIsCalledAndItsResultAnswered() {
        FunctionTool tool =
                FunctionTool.builder()
                        .name("weather")
                        .strict(false)
                        .parameters(
                                FunctionTool.Parameters.builder()
                                        .putAdditionalProperty("type", JsonValue.from("object"))
                                        .build())
                        .build();
        Response asking =
                client.responses()
                        .create(
                                ask("[[simulate {\"tool_calls\": [{\"name\": \"weather\","
                                                + " \"arguments\": {\"city\": \"Ōtautahi\"}}]}]]")
                                        .addTool(tool)
                                        .build())
                        .validate();
        ResponseFunctionToolCall call =
                asking.output().stream()
                        .flatMap(item -> item.functionCall().stream())
                        .findFirst()
                        .orElseThrow();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.arguments()).isEqualTo("{\"city\":\"Ōtautahi\"}");

        Response answered =
                client.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .model("tide")
                                        .addTool(tool)
                                        .inputOfResponse(
                                                List.of(
                                                        ResponseInputItem.ofEasyInputMessage(
                                                                EasyInputMessage.builder()
                                                                        .role(
                                                                                EasyInputMessage
                                                                                        .Role.USER)
                                                                        .content(KIA_ORA)
                                                                        .build()),
                                                        ResponseInputItem.ofFunctionCall(call),
                                                        ResponseInputItem.ofFunctionCallOutput(
                                                                ResponseInputItem.FunctionCallOutput
                                                                        .builder()
                                                                        .callId(call.callId())
                                                                        .output("4 °C")
                                                                        .build())))
                                        .build());
        assertThat(text(answered)).isEqualTo("Kia ora, e hoa");
    }

    @Test
    void aKeptResponseIsFetchedFollowedListedAndDeleted() {
        Response first = client.responses().create(ask(KIA_ORA).store(true).build());

        Response again = client.responses().retrieve(first.id()).validate();
        assertThat(text(again)).isEqualTo("Kia ora, e hoa");
        assertThat(again.usage()).isEqualTo(first.usage());
        Response second =
                client.responses()
                        .create(
                                ask("[[simulate {\"text\": \"Ka kite\"}]]")
                                        .previousResponseId(first.id())
                                        .store(true)
                                        .build());
        assertThat(text(second)).isEqualTo("Ka kite");
        assertThat(second.previousResponseId()).contains(first.id());
        assertThat(second.usage().orElseThrow().inputTokens())
                .isGreaterThan(first.usage().orElseThrow().inputTokens());
        assertThat(client.responses().inputItems().list(second.id()).data()).hasSize(3);

        client.responses().delete(first.id());

        assertThatThrownBy(() -> client.responses().retrieve(first.id()))
                .isInstanceOf(NotFoundException.class);
        assertThat(text(client.responses().retrieve(second.id()))).isEqualTo("Ka kite");
        assertThatThrownBy(() -> client.responses().cancel(second.id()))
                .isInstanceOf(BadRequestException.class);
    }

    @Test
    void toolsOfOpenAisServersAreLeftOutAndWhoInsistsOnOneIsRefused() {
        Response response =
                client.responses()
                        .create(
                                ask(KIA_ORA)
                                        .addTool(
                                                WebSearchTool.builder()
                                                        .type(WebSearchTool.Type.WEB_SEARCH)
                                                        .build())
                                        .build());
        assertThat(text(response)).isEqualTo("Kia ora, e hoa");
        assertThat(response.tools()).isEmpty();
    }

    @Test
    void whoHasNoMoneyGetsARateLimitException() {
        try (Closing poor = new Closing(client(server.customer("0").key()))) {
            assertThatThrownBy(() -> poor.client().responses().create(ask(KIA_ORA).build()))
                    .isInstanceOf(RateLimitException.class);
        }
    }

    @Test
    void textIsWrittenOn() {
        Completion completion =
                client.completions()
                        .create(
                                CompletionCreateParams.builder()
                                        .model("tide")
                                        .prompt(KIA_ORA)
                                        .maxTokens(50)
                                        .build())
                        .validate();

        assertThat(completion.choices().getFirst().text()).isEqualTo("Kia ora, e hoa");
        assertThat(completion.usage().orElseThrow().promptTokens()).isPositive();
    }

    @Test
    void vectorsAreTheSameInBothEncodings() {
        EmbeddingCreateParams.Builder params =
                EmbeddingCreateParams.builder()
                        .model("vectors")
                        .inputOfArrayOfStrings(List.of("ebb", "flow"));

        CreateEmbeddingResponse bytes = client.embeddings().create(params.build());
        CreateEmbeddingResponse numbers =
                client.embeddings()
                        .create(
                                params.encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                                        .build());

        assertThat(bytes.data()).hasSize(2);
        assertThat(bytes.data().getFirst().embedding())
                .hasSize(8)
                .isEqualTo(numbers.data().getFirst().embedding())
                .isNotEqualTo(numbers.data().getLast().embedding());
        assertThat(bytes.usage().promptTokens()).isPositive();
    }

    private record Closing(OpenAIClient client) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
        }
    }

    private static ResponseCreateParams.Builder ask(String text) {
        return ResponseCreateParams.builder().model("tide").input(text).maxOutputTokens(64);
    }

    private static String text(Response response) {
        StringBuilder text = new StringBuilder();
        for (ResponseOutputItem item : response.output()) {
            item.message()
                    .ifPresent(
                            message ->
                                    message.content()
                                            .forEach(
                                                    part ->
                                                            part.outputText()
                                                                    .ifPresent(
                                                                            one ->
                                                                                    text.append(
                                                                                            one
                                                                                                    .text()))));
        }
        return text.toString();
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .apiKey(key)
                .baseUrl(server.baseUrl() + "/v1")
                .maxRetries(0)
                .build();
    }
}
