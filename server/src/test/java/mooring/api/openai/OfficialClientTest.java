package mooring.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import java.util.List;
import java.util.Map;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// OpenAI's own Java client, pointed at Mooring and otherwise unchanged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfficialClientTest {

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
    void aChatIsAnsweredWithItsUsage() {
        ChatCompletion answer =
                client.chat()
                        .completions()
                        .create(
                                ask("{\"text\": \"Kia ora, e hoa 😀\","
                                                + " \"prompt_tokens\": 30, \"cached_tokens\":"
                                                + " 16}")
                                        .build());

        assertThat(answer.choices().getFirst().message().content()).contains("Kia ora, e hoa 😀");
        assertThat(answer.choices().getFirst().finishReason().toString()).isEqualTo("stop");
        assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(30);
        assertThat(answer.usage().orElseThrow().promptTokensDetails().orElseThrow().cachedTokens())
                .contains(16L);
        assertThat(answer.usage().orElseThrow().totalTokens())
                .isEqualTo(30 + answer.usage().orElseThrow().completionTokens());
    }

    @Test
    void aStreamAddsUpToTheWholeAnswer() {
        ChatCompletionCreateParams params =
                ask("{\"text\": \"Kia ora, e hoa 😀\", \"split_surrogates\": true}")
                        .streamOptions(
                                ChatCompletionStreamOptions.builder().includeUsage(true).build())
                        .build();
        ChatCompletionAccumulator sum = ChatCompletionAccumulator.create();

        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            stream.stream().forEach(sum::accumulate);
        }

        ChatCompletion answer = sum.chatCompletion();
        assertThat(answer.choices().getFirst().message().content()).contains("Kia ora, e hoa 😀");
        assertThat(answer.usage().orElseThrow().completionTokens()).isPositive();
    }

    @Test
    void aToolCallComesWithNameAndArguments() {
        ChatCompletion answer =
                client.chat()
                        .completions()
                        .create(
                                ask("{\"tool_calls\": [{\"name\": \"weather\","
                                                + " \"arguments\": {\"city\": \"Ōtautahi\"}}]}")
                                        .addFunctionTool(
                                                FunctionDefinition.builder()
                                                        .name("weather")
                                                        .parameters(
                                                                FunctionParameters.builder()
                                                                        .putAdditionalProperty(
                                                                                "type",
                                                                                JsonValue.from(
                                                                                        "object"))
                                                                        .build())
                                                        .build())
                                        .build());

        var call =
                answer.choices()
                        .getFirst()
                        .message()
                        .toolCalls()
                        .orElseThrow()
                        .getFirst()
                        .asFunction();
        assertThat(call.function().name()).isEqualTo("weather");
        assertThat(call.function().arguments()).isEqualTo("{\"city\":\"Ōtautahi\"}");
        assertThat(answer.choices().getFirst().finishReason().toString()).isEqualTo("tool_calls");
    }

    @Test
    void aSchemaShapesTheAnswer() {
        ResponseFormatJsonSchema format =
                ResponseFormatJsonSchema.builder()
                        .jsonSchema(
                                ResponseFormatJsonSchema.JsonSchema.builder()
                                        .name("city")
                                        .schema(
                                                ResponseFormatJsonSchema.JsonSchema.Schema.builder()
                                                        .putAdditionalProperty(
                                                                "type", JsonValue.from("object"))
                                                        .putAdditionalProperty(
                                                                "properties",
                                                                JsonValue.from(
                                                                        Map.of(
                                                                                "name",
                                                                                Map.of(
                                                                                        "type",
                                                                                        "string"))))
                                                        .putAdditionalProperty(
                                                                "required",
                                                                JsonValue.from(List.of("name")))
                                                        .build())
                                        .build())
                        .build();

        ChatCompletion answer =
                client.chat()
                        .completions()
                        .create(plain("name a city").responseFormat(format).build());

        assertThat(answer.choices().getFirst().message().content().orElseThrow())
                .startsWith("{\"name\":\"");
        assertThat(server.simulator().log().getLast().fields()).contains("response_format");
    }

    @Test
    void modelsAreListedAndFound() {
        assertThat(client.models().list().data()).extracting(Model::id).contains("tide", "gift");
        Model model = client.models().retrieve("tide");
        assertThat(model.ownedBy()).isEqualTo("tests");
        assertThat(String.valueOf(model._additionalProperties().get("pricing")))
                .contains("input=1")
                .contains("output=2");
    }

    @Test
    void errorsAreOfTheClassesThatItsUsersCatch() {
        OpenAIClient stranger = client("sk-mooring-nobody");
        assertThatThrownBy(() -> stranger.models().list())
                .isInstanceOf(UnauthorizedException.class);
        stranger.close();
        assertThatThrownBy(() -> client.models().retrieve("gone"))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(
                        () ->
                                client.chat()
                                        .completions()
                                        .create(plain("hi").maxCompletionTokens(0).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class,
                        error -> {
                            assertThat(error.param()).contains("max_completion_tokens");
                            assertThat(error.code()).contains("invalid_value");
                        });
        assertThatThrownBy(
                        () ->
                                client.chat()
                                        .completions()
                                        .create(ask("{\"http_error\": 500}").build()))
                .isInstanceOf(InternalServerException.class);
    }

    @Test
    void anEmptyBalanceIsARateLimitErrorThatIsNotTriedAgain() {
        Customer poor = server.customer("0");
        long before = refusals();

        OpenAIClient trying = client(poor.key());
        assertThatThrownBy(() -> trying.chat().completions().create(plain("hi").build()))
                .isInstanceOfSatisfying(
                        RateLimitException.class,
                        error -> {
                            assertThat(error.type()).contains("insufficient_quota");
                            assertThat(error.code()).contains("credit_balance_exhausted");
                        });
        trying.close();

        assertThat(refusals() - before).isEqualTo(1);
    }

    /// How often a request was refused for its balance, as the metrics count it.
    private long refusals() {
        try (var metrics = mooring.testing.RawHttp.connect(server.adminUrl())) {
            metrics.send("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
            metrics.head();
            return metrics.body()
                    .lines()
                    .filter(line -> line.startsWith("mooring_refusals_total"))
                    .mapToLong(
                            line ->
                                    (long)
                                            Double.parseDouble(
                                                    line.substring(line.lastIndexOf(' '))))
                    .sum();
        }
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .apiKey(key)
                .baseUrl(server.baseUrl() + "/v1")
                .maxRetries(2)
                .build();
    }

    private static ChatCompletionCreateParams.Builder plain(String question) {
        return ChatCompletionCreateParams.builder().model("tide").addUserMessage(question);
    }

    private static ChatCompletionCreateParams.Builder ask(String directive) {
        return plain("hi [[simulate " + directive + "]]");
    }
}
