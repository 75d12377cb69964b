package mooring.journeys;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mooring.testing.Await;
import mooring.testing.RawHttp;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each way into an engine is paid for once, and nothing else is.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EveryRouteIsMeteredTest {

    private static final Path SOURCES = Path.of("src/main/java/mooring").toAbsolutePath();
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String FIVE = "{\"output_tokens\": 5, \"cached_tokens\": 0}";
    private static final String LIMIT = "\"max_tokens\": 50";

    private static final Set<String> METERED =
            Set.of(
                    "/v1/chat/completions",
                    "/v1/completions",
                    "/v1/embeddings",
                    "/v1/responses",
                    "/v1/messages",
                    "/anthropic/v1/messages");

    private static final Set<String> FREE =
            Set.of(
                    "/v1/models",
                    "/v1/models/",
                    "/v1/responses/",
                    "/v1/users/me/balance",
                    "/v1/vouchers/redeem",
                    "/v1/estimate",
                    "/v1/tokenizers/estimate-token-count",
                    "/v1/messages/count_tokens",
                    "/anthropic/v1/messages/count_tokens");

    private final TestingServer server = TestingServer.start();

    @BeforeEach
    void forget() {
        server.simulator().reset();
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    /// Every path that a customer's door knows is in one of the lists above; those who add one say
    /// which.
    @Test
    void g32EveryRouteOfTheCustomersDoorsIsKnownHere() throws IOException {
        Set<String> found = new TreeSet<>();
        for (String door : List.of("api/openai", "api/anthropic")) {
            for (Path source : sources(SOURCES.resolve(door))) {
                Pattern.compile("\"(/(?:v1|anthropic)/[^\"]+)\"")
                        .matcher(Files.readString(source))
                        .results()
                        .forEach(match -> found.add(match.group(1)));
            }
        }
        Set<String> listed = new TreeSet<>(METERED);
        listed.addAll(FREE);

        assertThat(found).isEqualTo(listed);
    }

    /// What makes an engine generate is an [mooring.engine.EngineCall]; beside the adapters, only
    /// the gateway makes one, behind a hold and an acceptance.
    @Test
    void g32OnlyTheGatewayAsksAnEngine() throws IOException {
        Set<String> makers = new TreeSet<>();
        for (Path source : sources(SOURCES)) {
            if (Files.readString(source).contains("new EngineCall(")) {
                makers.add(SOURCES.relativize(source).toString());
            }
        }

        assertThat(makers).containsExactly("gateway/Attempts.java");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/responses",
                "/v1/messages",
                "/anthropic/v1/messages"
            })
    void g32g19AMeteredRouteChargesOnceAndServesNobodyWithoutMoney(String path) {
        assertThat(METERED).contains(path);
        Customer poor = server.customer("0");
        for (String stream : List.of("true", "false")) {
            server.simulator().reset();
            String question = question(path, stream);

            Reply refused = server.send("POST", path, poor.key(), question);
            assertThat(refused.status()).isIn(402, 429);
            assertThat(server.simulator().log()).isEmpty();
            assertThat(server.settlements(poor)).isEmpty();

            Customer customer = server.customer("1");
            assertThat(server.send("POST", path, customer.key(), question).status()).isEqualTo(200);
            long prompt = server.simulator().log().getLast().promptTokens();
            assertThat(server.simulator().log()).hasSize(1);
            assertThat(server.onlySettlement(customer))
                    .containsEntry("attempts", 1)
                    .containsEntry("output", 5L)
                    .containsEntry("charge", prompt * 1_000 + 10_000);
        }
    }

    private static String question(String path, String stream) {
        String chat = body("tide", FIVE, LIMIT, "\"stream\": " + stream);
        return switch (path) {
            case "/v1/completions" ->
                    chat.replace(
                                    "\"messages\": [{\"role\": \"user\", \"content\": ",
                                    "\"prompt\": ")
                            .replace("}]]\"}]", "}]]\"");
            case "/v1/responses" ->
                    chat.replace("\"messages\"", "\"input\"")
                            .replace("max_tokens", "max_output_tokens");
            default -> chat;
        };
    }

    @Test
    void g32g19VectorsAreChargedOnceAndServeNobodyWithoutMoney() {
        String question = "{\"model\": \"vectors\", \"input\": [\"ebb\", \"flow and ebb\"]}";
        Customer poor = server.customer("0");
        assertThat(server.send("POST", "/v1/embeddings", poor.key(), question).status())
                .isEqualTo(429);
        assertThat(server.settlements(poor)).isEmpty();
        Customer customer = server.customer("1");

        Reply answer = server.send("POST", "/v1/embeddings", customer.key(), question);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("data")).hasSize(2);
        long prompt = answer.json().at("/usage/prompt_tokens").asLong();
        assertThat(prompt).isPositive();
        assertThat(server.onlySettlement(customer))
                .containsEntry("output", 0L)
                .containsEntry("charge", prompt * 1_000);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/models",
        "GET, /v1/models/tide",
        "GET, /v1/users/me/balance",
        "POST, /v1/estimate",
        "POST, /v1/tokenizers/estimate-token-count",
        "POST, /v1/messages/count_tokens",
        "POST, /anthropic/v1/messages/count_tokens",
    })
    void g19AskingIsFreeAndGeneratesNothing(String method, String path) {
        Customer customer = server.customer("1");
        String question = method.equals("GET") ? null : body("tide", FIVE, LIMIT);

        for (int i = 0; i < 3; i++) {
            Reply answer = server.send(method, path, customer.key(), question);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        }

        assertThat(server.simulator().log()).isEmpty();
        assertThat(server.held()).isZero();
        assertThat(server.settlements(customer)).isEmpty();
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L);
    }

    @Test
    void g19ARequestThatIsLookedUpAgainIsNotChargedAgain() {
        Customer customer = server.customer("1");
        String id = server.chat(customer, body("tide", FIVE, LIMIT)).header("x-request-id");
        long charge = TestingServer.count(server.onlySettlement(customer), "charge");
        String own = "/organizations/" + customer.organization();

        for (int i = 0; i < 3; i++) {
            assertThat(server.operator("GET", own + "/requests/" + id, null).at("/id"))
                    .isEqualTo(id);
            assertThat(server.operator("GET", own + "/requests", null).json().path("data"))
                    .hasSize(1);
            assertThat(server.operator("GET", own + "/usage", null).status()).isEqualTo(200);
        }

        assertThat(server.settlements(customer)).hasSize(1);
        assertThat(server.posted(customer)).isEqualTo(1_000_000_000L - charge);
        assertThat(server.simulator().log()).hasSize(1);
    }

    /// Requests of one key share its principal; none may write into it.
    @Test
    void g31RequestsOfOneKeyAtOnceDoNotSeeEachOthersIds() throws InterruptedException {
        Customer customer = server.customer("1");
        int callers = 24;
        String[] ids = new String[callers];
        Thread[] threads = new Thread[callers];
        for (int i = 0; i < callers; i++) {
            int caller = i;
            threads[i] =
                    Thread.startVirtualThread(
                            () -> ids[caller] = ask(customer, "caller-" + caller, caller + 1));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(SOON)).isTrue();
        }

        assertThat(ids).doesNotHaveDuplicates().doesNotContainNull();
        Await.until("all are booked", SOON, () -> server.settlements(customer).size() == callers);
        for (int i = 0; i < callers; i++) {
            Reply request =
                    server.operator(
                            "GET",
                            "/organizations/" + customer.organization() + "/requests/" + ids[i],
                            null);
            assertThat(request.at("/client_request_id")).isEqualTo("caller-" + i);
            assertThat(request.at("/output_tokens")).isEqualTo(String.valueOf(i + 1));
        }
    }

    /// The id that the answer says.
    private String ask(Customer customer, String ownId, int outputTokens) {
        String question =
                body(
                        "tide",
                        "{\"output_tokens\": %d, \"tokens_per_second\": 200}"
                                .formatted(outputTokens),
                        LIMIT);
        try (RawHttp caller = RawHttp.connect(server.baseUrl())) {
            caller.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\nauthorization: Bearer "
                            + customer.key()
                            + "\r\nx-client-request-id: "
                            + ownId
                            + "\r\ncontent-length: "
                            + question.length()
                            + "\r\n\r\n"
                            + question);
            return caller.head().header("x-request-id");
        }
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        }
    }
}
