package mooring.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import mooring.app.InProcess;
import mooring.engine.wire.ReservedFields;
import mooring.ids.OrganizationId;
import mooring.simulator.EngineSimulator;
import mooring.simulator.SimulatorOptions;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// A whole server as users get it, on a real database, with pretend engines behind it.
///
/// Prices are round: a prompt token costs 1,000 nano dollars, a cached one 100, an output token
/// 2,000. Models: `tide` (vLLM), `tide-sglang`, `tide-openai` (an address of which nothing is
/// known), `pair` (two replicas, the first one [#simulator]), `tiers` (with batch and priority at
/// half and three times the price), `narrow` (the same, with one slot), `gift` (free), `hedged` (as
/// `pair`, with a second attempt after 300 ms), `canned` ([#canned], with embeddings and images),
/// `kimi` (the same, answering as Moonshot does), `vectors` (embeddings), `billed` (a provider that
/// bills what is cancelled). Tiers of limits: `open`, and `large` from 5,000 dollars paid in, with
/// 5,000 requests a minute.
public final class TestingServer implements AutoCloseable {

    /// Somebody who pays, with one key.
    public record Customer(String organization, String keyId, String key) {}

    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final TestDatabase database;
    private final boolean ownsDatabase;
    private final EngineSimulator simulator;
    private final EngineSimulator second;
    private final CannedEngine canned;
    private final Path folder;
    private final InProcess server;
    private final HttpClient http;

    private TestingServer(
            TestDatabase database,
            boolean ownsDatabase,
            UnaryOperator<String> databaseUrl,
            @Nullable SSLContext trust,
            List<String> flags) {
        this(database, ownsDatabase, databaseUrl, trust, flags, null);
    }

    private TestingServer(
            TestDatabase database,
            boolean ownsDatabase,
            UnaryOperator<String> databaseUrl,
            @Nullable SSLContext trust,
            List<String> flags,
            @Nullable Path masterKey) {
        HttpClient.Builder client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(DEADLINE);
        this.http = (trust == null ? client : client.sslContext(trust)).build();
        this.database = database;
        this.ownsDatabase = ownsDatabase;
        this.simulator = EngineSimulator.start(SimulatorOptions.defaults());
        this.second = EngineSimulator.start(SimulatorOptions.defaults());
        this.canned = CannedEngine.start();
        this.folder = TestFolders.create("server-");
        List<String> all = new ArrayList<>();
        all.addAll(List.of("--data-dir", folder.toString(), "--port", "0", "--admin-port", "0"));
        all.addAll(List.of("--database-url", databaseUrl.apply(url(database))));
        all.addAll(List.of("--database-pool-size", "8"));
        if (!flags.contains("--drain-idle")) {
            // Our own client keeps its connections, and nobody is to wait for it.
            all.addAll(List.of("--drain-idle", "0s"));
        }
        all.addAll(flags);
        try {
            if (masterKey != null) {
                Files.copy(
                        masterKey,
                        folder.resolve("master.key"),
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
            Files.writeString(folder.resolve("catalog.yaml"), catalog());
            Files.writeString(folder.resolve("prices.yaml"), prices("1", "2"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        this.server = InProcess.start(folder, all);
    }

    /// @param flags settings as on the command line, `"--hold-ahead", "16"`
    public static TestingServer start(String... flags) {
        return new TestingServer(
                TestDatabase.create(), true, UnaryOperator.identity(), null, List.of(flags));
    }

    /// @param trust what its own calls need to believe the certificate that the flags name
    public static TestingServer start(SSLContext trust, String... flags) {
        return new TestingServer(
                TestDatabase.create(), true, UnaryOperator.identity(), trust, List.of(flags));
    }

    /// Another node on the database of this one, and with its master key.
    public TestingServer anotherNode(String... flags) {
        return new TestingServer(
                database,
                false,
                UnaryOperator.identity(),
                null,
                List.of(flags),
                folder.resolve("master.key"));
    }

    /// A server that reaches its database through a line that the test can cut.
    public static TestingServer startBehind(TestDatabase database, Cable cable, String... flags) {
        return new TestingServer(
                database,
                false,
                url -> url.replaceFirst(":\\d+/", ":" + cable.port() + "/"),
                null,
                List.of(flags));
    }

    /// The port of a test database, for a [Cable] to it.
    public static int port(TestDatabase database) {
        return URI.create(database.jdbcUrl().substring("jdbc:".length())).getPort();
    }

    public String baseUrl() {
        return server.baseUrl();
    }

    public String adminUrl() {
        return server.adminUrl();
    }

    public EngineSimulator simulator() {
        return simulator;
    }

    public EngineSimulator second() {
        return second;
    }

    public CannedEngine canned() {
        return canned;
    }

    public Jdbi jdbi() {
        return database.database().jdbi();
    }

    public Path folder() {
        return folder;
    }

    public String firstKey() {
        return secret("first-key");
    }

    public String operatorKey() {
        return secret("operator-key");
    }

    /// What a hang-up signal does.
    public boolean reload() {
        return server.reload();
    }

    /// Closes the connections of our own client, which sends nothing afterwards.
    public void hangUp() {
        http.shutdownNow();
    }

    /// What a termination signal does.
    public void stop() {
        server.stop();
    }

    // Management ---------------------------------------------------------------------------------

    /// A new organization with a key and this much money; "0" leaves it without.
    public Customer customer(String amount) {
        String organization =
                operator("POST", "/organizations", "{\"name\": \"Customer\"}").at("/id");
        if (!amount.equals("0")) {
            topUp(organization, amount);
        }
        return key(organization);
    }

    /// One more key of an organization.
    public Customer key(String organization) {
        Reply created =
                operator("POST", "/organizations/" + organization + "/keys", "{\"name\": \"k\"}");
        return new Customer(organization, created.at("/id"), created.at("/secret"));
    }

    public void revoke(String keyId) {
        expect(200, operator("POST", "/keys/" + keyId + "/revoke", null));
    }

    public void topUp(String organization, String amount) {
        String body = "{\"amount\": \"" + amount + "\", \"reason\": \"paid\"}";
        expect(201, operator("POST", "/organizations/" + organization + "/credits", body));
    }

    /// The balance as the management API shows it.
    public JsonNode balance(Customer customer) {
        awaitBooked();
        return operator("GET", "/organizations/" + customer.organization() + "/balance", null)
                .json();
    }

    public String available(Customer customer) {
        return balance(customer).path("available").asText();
    }

    /// Replaces the whole price file and publishes nothing.
    public void writePrices(String text) {
        try {
            Files.writeString(folder.resolve("prices.yaml"), text);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Sets the prices of all models but `tiers` and `gift` and publishes them.
    public void publishPrices(String input, String output) {
        try {
            Files.writeString(folder.resolve("prices.yaml"), prices(input, output));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Reply published = operator("POST", "/prices/publish", null);
        if (published.status() / 100 != 2) {
            throw new AssertionError(published.text());
        }
    }

    public Reply operator(String method, String path, @Nullable String body) {
        return send(method, "/api/v1" + path, operatorKey(), body);
    }

    // Asking -------------------------------------------------------------------------------------

    /// Sends a chat and returns its whole answer, streamed or not.
    public Reply chat(Customer customer, String body) {
        return send("POST", "/v1/chat/completions", customer.key(), body);
    }

    public Reply send(String method, String path, @Nullable String key, @Nullable String body) {
        return send(method, path, key, body, Map.of());
    }

    /// The same with further headers.
    public Reply send(
            String method,
            String path,
            @Nullable String key,
            @Nullable String body,
            Map<String, String> headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(baseUrl() + path)).timeout(DEADLINE);
        request.method(
                method,
                body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body));
        if (key != null) {
            request.header("authorization", "Bearer " + key);
        }
        if (body != null) {
            request.header("content-type", "application/json");
        }
        headers.forEach(request::header);
        try {
            HttpResponse<String> answer =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Reply(answer.statusCode(), answer.headers(), answer.body());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /// Begins a chat on a connection of its own; the head is not read yet.
    public RawHttp open(Customer customer, String body) {
        return RawHttp.connect(baseUrl()).post("/v1/chat/completions", customer.key(), body);
    }

    /// A chat's body: model, what the simulator shall do, and further fields such as `"stream":
    /// true`.
    public static String body(String model, String directive, String... fields) {
        String content = directive.isEmpty() ? "hi" : "hi [[simulate " + directive + "]]";
        StringBuilder body =
                new StringBuilder("{\"model\": \"")
                        .append(model)
                        .append("\", \"messages\": [{\"role\": \"user\", \"content\": \"")
                        .append(content.replace("\\", "\\\\").replace("\"", "\\\""))
                        .append("\"}]");
        for (String field : fields) {
            body.append(", ").append(field);
        }
        return body.append("}").toString();
    }

    // What was booked ----------------------------------------------------------------------------

    /// The settlement of the organization's only request, once it is there.
    public Map<String, Object> onlySettlement(Customer customer) {
        Await.until("a settlement", DEADLINE, () -> !settlements(customer).isEmpty());
        List<Map<String, Object>> rows = settlements(customer);
        if (rows.size() != 1) {
            throw new AssertionError("settlements: " + rows);
        }
        awaitNoHold();
        return rows.getFirst();
    }

    /// A number of a settlement.
    public static long count(Map<String, Object> settlement, String column) {
        return ((Number) Objects.requireNonNull(settlement.get(column), column)).longValue();
    }

    /// Waits until this node has booked what it has written down.
    public void awaitBooked() {
        Await.until("everything booked", DEADLINE, server::booked);
    }

    /// The organization's settlements, oldest first, those included that this node has yet to book.
    public List<Map<String, Object>> settlements(Customer customer) {
        awaitBooked();
        return jdbi().withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                SELECT * FROM settlement
                                                WHERE organization_id = :organization
                                                ORDER BY request_id
                                                """)
                                        .bind("organization", uuid(customer.organization()))
                                        .mapToMap()
                                        .list());
    }

    /// Money set aside for this node's running requests, in nano units.
    public long held() {
        return server.heldNanos();
    }

    /// What is booked to the organization's wallet, in nano units, once this node has booked what
    /// it has written down.
    public long posted(Customer customer) {
        awaitBooked();
        return wallet(customer, "posted");
    }

    /// Waits until no request holds money on this node, and what they used is booked.
    public void awaitNoHold() {
        Await.until("no hold", DEADLINE, () -> server.holding() == 0);
        awaitBooked();
    }

    /// That the books balance and nothing is left open.
    public void requireBalancedBooks() {
        awaitNoHold();
        Reply verified = operator("POST", "/ledger/verify", null);
        if (!verified.at("/ok").equals("true")) {
            throw new AssertionError(verified.text());
        }
    }

    private long wallet(Customer customer, String column) {
        return jdbi().withHandle(
                        handle ->
                                handle.createQuery(
                                                "SELECT "
                                                        + column
                                                        + " FROM wallet_balance b JOIN wallet w ON"
                                                        + " w.id = b.wallet_id WHERE"
                                                        + " w.organization_id = :organization")
                                        .bind("organization", uuid(customer.organization()))
                                        .mapTo(Long.class)
                                        .findOne()
                                        .orElse(0L));
    }

    @Override
    public void close() {
        server.close();
        http.close();
        simulator.close();
        second.close();
        canned.close();
        if (ownsDatabase) {
            database.close();
        }
        TestFolders.delete(folder);
    }

    private static UUID uuid(String organization) {
        return OrganizationId.parse(organization).uuid();
    }

    private static void expect(int status, Reply reply) {
        if (reply.status() != status) {
            throw new AssertionError(reply.status() + ": " + reply.text());
        }
    }

    private String secret(String file) {
        try {
            return Files.readString(folder.resolve(file)).strip();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String url(TestDatabase database) {
        String rest = database.jdbcUrl().substring("jdbc:postgresql://".length());
        return "postgresql://" + database.user() + ":" + database.password() + "@" + rest;
    }

    private String catalog() {
        String reserved = String.join(", ", ReservedFields.names().stream().sorted().toList());
        // The first tier limits nothing.
        return "limit_tiers:\n"
                + "  - {name: open, recharge: \"0\"}\n"
                + "  - {name: large, recharge: \"5000\", rpm: 5000}\n"
                + "models:\n"
                + model("tide", reserved, replica("vllm", simulator.url(), "simulated"))
                + model("tide-sglang", reserved, replica("sglang", simulator.url(), "simulated"))
                + model("tide-openai", reserved, replica("openai", simulator.url(), "simulated"))
                + model("tiers", reserved, replica("vllm", simulator.url(), "simulated"))
                        .replace(
                                "    owned_by",
                                "    tiers: [standard, batch, priority]\n    owned_by")
                + model("narrow", reserved, replica("vllm", simulator.url(), "simulated"))
                        .replace("simulated}", "simulated, slots: 1}")
                        .replace(
                                "    owned_by",
                                "    tiers: [standard, batch, priority]\n    owned_by")
                + model(
                        "pair",
                        reserved,
                        replica("vllm", simulator.url(), "simulated")
                                + replica("vllm", second.url(), "simulated"))
                + model(
                                "hedged",
                                reserved,
                                replica("vllm", simulator.url(), "simulated")
                                        + replica("vllm", second.url(), "simulated"))
                        .replace("    owned_by", "    hedge_after: 300ms\n    owned_by")
                + model("gift", reserved, replica("vllm", simulator.url(), "simulated"))
                + model("canned", reserved, replica("vllm", canned.url(), "canned"))
                        .replace("reasoning]", "reasoning, embeddings, images]")
                + model("kimi", reserved, replica("vllm", canned.url(), "canned"))
                        .replace("    owned_by", "    profile: moonshot\n    owned_by")
                + model("billed", reserved, replica("openai", simulator.url(), "simulated"))
                        .replace("simulated}", "simulated, bills_cancelled: true}")
                + model("vectors", reserved, replica("vllm", simulator.url(), "simulated"))
                        .replace("reasoning]", "reasoning, embeddings]");
    }

    private static String model(String id, String reserved, String replicas) {
        return """
          - id: %s
            owned_by: tests
            context_length: 8192
            max_output_tokens: 4096
            default_max_tokens: 256
            capabilities: [tools, json_schema, logprobs, reasoning]
            passthrough: [min_p, top_k, %s]
            replicas:
        %s"""
                .formatted(id, reserved, replicas)
                .indent(0);
    }

    private static String replica(String kind, URI url, String engineModel) {
        return "      - {engine: %s, url: \"%s\", model: %s}\n".formatted(kind, url, engineModel);
    }

    private static String prices(String input, String output) {
        StringBuilder text = new StringBuilder("currency: USD\nmodels:\n");
        for (String model :
                List.of(
                        "tide",
                        "tide-sglang",
                        "tide-openai",
                        "pair",
                        "hedged",
                        "canned",
                        "kimi",
                        "billed",
                        "vectors")) {
            text.append("  ")
                    .append(model)
                    .append(": {input: \"")
                    .append(input)
                    .append("\", cache_read: \"0.1\", output: \"")
                    .append(output)
                    .append("\"}\n");
        }
        for (String model : List.of("tiers", "narrow")) {
            text.append("  ")
                    .append(model)
                    .append(": {input: \"1\", output: \"2\",")
                    .append(" batch: {input: \"0.5\", output: \"1\"},")
                    .append(" priority: {input: \"3\", output: \"6\"}}\n");
        }
        return text.append("  gift: {free: true}\n").toString();
    }
}
