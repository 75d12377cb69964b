package mooring.api.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.InternalServerException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Anthropic's own Java client, pointed at Mooring and otherwise unchanged.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfficialClientTest {

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");
    private final AnthropicClient client = client(customer.key(), "/anthropic");

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

    @ParameterizedTest
    @ValueSource(strings = {"/anthropic", ""})
    void aMessageIsAnsweredWithDisjointTokenCounts(String prefix) {
        AnthropicClient pointed = client(customer.key(), prefix);
        Message answer =
                pointed.messages()
                        .create(
                                ask("{\"text\": \"Kia ora 中文 😀\", \"prompt_tokens\": 30,"
                                                + " \"cached_tokens\": 16}")
                                        .build());

        assertThat(text(answer)).contains("Kia ora 中文 😀");
        assertThat(answer.stopReason()).contains(StopReason.END_TURN);
        assertThat(answer.usage().inputTokens()).isEqualTo(14);
        assertThat(answer.usage().cacheReadInputTokens()).contains(16L);
        assertThat(answer.usage().outputTokens()).isPositive();
        pointed.close();
    }

    @Test
    void aStreamAddsUpToTheWholeAnswerAndItsUsage() {
        MessageAccumulator sum = MessageAccumulator.create();

        try (StreamResponse<RawMessageStreamEvent> stream =
                client.messages()
                        .createStreaming(
                                ask("{\"text\": \"Kia ora 中文 😀\", \"prompt_tokens\": 30}")
                                        .build())) {
            stream.stream().forEach(sum::accumulate);
        }

        assertThat(text(sum.message())).contains("Kia ora 中文 😀");
        assertThat(sum.message().stopReason()).contains(StopReason.END_TURN);
        assertThat(sum.message().usage().outputTokens()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aToolIsCalledWithItsInput(boolean streamed) {
        MessageCreateParams params =
                ask("{\"tool_calls\": [{\"name\": \"weather\", \"arguments\": {\"city\":"
                                + " \"Ōtautahi\"}}]}")
                        .addTool(
                                Tool.builder()
                                        .name("weather")
                                        .inputSchema(Tool.InputSchema.builder().build())
                                        .build())
                        .build();
        Message answer;
        if (streamed) {
            MessageAccumulator sum = MessageAccumulator.create();
            try (StreamResponse<RawMessageStreamEvent> stream =
                    client.messages().createStreaming(params)) {
                stream.stream().forEach(sum::accumulate);
            }
            answer = sum.message();
        } else {
            answer = client.messages().create(params);
        }

        var call = answer.content().getLast().asToolUse();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call._input().toString()).contains("Ōtautahi");
        assertThat(answer.stopReason()).contains(StopReason.TOOL_USE);
    }

    @Test
    void tokensAreCountedWithoutCharge() {
        String before = server.available(customer);

        long tokens =
                client.messages()
                        .countTokens(
                                MessageCountTokensParams.builder()
                                        .model("tide")
                                        .addUserMessage("how many are these")
                                        .build())
                        .inputTokens();

        assertThat(tokens).isPositive();
        assertThat(server.available(customer)).isEqualTo(before);
    }

    @Test
    void errorsAreOfTheClassesThatItsUsersCatch() {
        AnthropicClient stranger = client("sk-mooring-nobody", "/anthropic");
        assertThatThrownBy(() -> stranger.messages().create(plain("hi").build()))
                .isInstanceOf(UnauthorizedException.class);
        stranger.close();
        assertThatThrownBy(() -> client.messages().create(plain("hi").model("gone").build()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.messages().create(plain("hi").maxTokens(0).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("max_tokens");
        assertThatThrownBy(() -> client.messages().create(ask("{\"http_error\": 500}").build()))
                .isInstanceOf(InternalServerException.class);
    }

    @Test
    void anEmptyBalanceIsABillingErrorThatIsNotTriedAgain() {
        Customer poor = server.customer("0");
        AnthropicClient trying = client(poor.key(), "/anthropic");
        assertThatThrownBy(() -> trying.messages().create(plain("hi").build()))
                .isInstanceOfSatisfying(
                        AnthropicServiceException.class,
                        error -> {
                            assertThat(error.statusCode()).isEqualTo(402);
                            assertThat(error.body().toString()).contains("billing_error");
                        });
        trying.close();
        assertThat(server.simulator().log()).isEmpty();
    }

    private static String text(Message message) {
        return message.content().getFirst().asText().text();
    }

    private AnthropicClient client(String key, String prefix) {
        return AnthropicOkHttpClient.builder()
                .apiKey(key)
                .baseUrl(server.baseUrl() + prefix)
                .maxRetries(1)
                .build();
    }

    private static MessageCreateParams.Builder plain(String question) {
        return MessageCreateParams.builder().model("tide").maxTokens(100).addUserMessage(question);
    }

    private static MessageCreateParams.Builder ask(String directive) {
        return plain("hi [[simulate " + directive + "]]");
    }
}
