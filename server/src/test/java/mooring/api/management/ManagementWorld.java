package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import mooring.accounts.KeyHash;
import mooring.accounts.KnownKeys;
import mooring.accounts.Principal;
import mooring.accounts.store.PostgresAllowlists;
import mooring.auth.AllowedNetworks;
import mooring.auth.Authenticator;
import mooring.catalog.Catalog;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.catalog.ReplicaSpec;
import mooring.catalog.store.PostgresPriceLists;
import mooring.http.Edge;
import mooring.http.Exchange;
import mooring.json.Json;
import mooring.ledger.LedgerWorld;
import mooring.ledger.store.PostgresNodes;
import mooring.limits.LimitTable;
import mooring.limits.LimitTier;
import mooring.limits.Limits;
import mooring.limits.store.PostgresOwnLimits;
import mooring.metering.store.PostgresAdjustments;
import mooring.metering.store.PostgresRequestLog;
import mooring.metering.store.PostgresUsageReports;
import mooring.replicas.Replicas;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The door behind a real port, on a database with money in it. Every answer that passes through
/// here is held against the contract.
final class ManagementWorld implements AutoCloseable {

    static final String OPERATOR_KEY = "op-mooring-a key for tests";
    static final Duration PATIENCE = LedgerWorld.PATIENCE;

    /// An answer: status, body, headers.
    record Reply(int status, JsonNode body, HttpResponse<String> raw) {

        JsonNode at(String pointer) {
            return body.at(pointer);
        }

        String text(String pointer) {
            return body.at(pointer).asText();
        }

        /// The error's message, after checking that all of its parts are there.
        String problem() {
            JsonNode error = body.path("error");
            assertThat(error.properties().stream().map(Map.Entry::getKey))
                    .containsExactlyInAnyOrder("message", "type", "param", "code");
            return error.path("message").asText();
        }
    }

    final LedgerWorld ledger = new LedgerWorld();
    final Prices prices = new Prices();
    final Catalog catalog = new Catalog(List.of(model()));
    final Replicas replicas = new Replicas(catalog, Clock.system());
    final List<PricePublisher.Publication> publications = new ArrayList<>();
    final List<String> unpublished = new ArrayList<>();
    PricePublisher.Review review = new PricePublisher.Review(List.of(), List.of());

    private final Vertx vertx = Vertx.vertx();
    final Contract contract = Contract.load(vertx);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpServer server;

    ManagementWorld() {
        prices.use(ledger.prices());
        KnownKeys nothingKnown =
                new KnownKeys() {
                    @Override
                    public @Nullable Principal find(KeyHash hash) {
                        return null;
                    }

                    @Override
                    public boolean current() {
                        return true;
                    }
                };
        ManagementDoor door =
                ManagementDoor.create(
                        vertx,
                        KeyHash.of(OPERATOR_KEY),
                        new Authenticator(
                                nothingKnown,
                                ledger.keys,
                                AllowedNetworks.EVERYWHERE,
                                ledger.virtualThreads),
                        services(),
                        ledger.virtualThreads);
        server =
                LedgerWorld.get(
                        vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1"))
                                .requestHandler(
                                        request -> {
                                            Exchange exchange =
                                                    new Exchange(
                                                            ledger.ids.nextRequest(),
                                                            request,
                                                            vertx.getOrCreateContext(),
                                                            Edge.plain(),
                                                            false);
                                            if (!door.open(exchange)) {
                                                request.response().setStatusCode(418).end("{}");
                                            }
                                        })
                                .listen(0)
                                .toCompletionStage());
    }

    /// Three tiers: what is paid in decides about requests a minute.
    private static final LimitTable LIMITS =
            new LimitTable(
                    List.of(
                            new LimitTier("tier0", 0, rpm(3)),
                            new LimitTier("tier1", 10_000_000_000L, rpm(200)),
                            new LimitTier("tier2", 20_000_000_000L, rpm(500))),
                    Map.of());

    private static Limits rpm(long limit) {
        return new Limits(Limits.NONE, limit, Limits.NONE, Limits.NONE);
    }

    ManagementServices services() {
        return new ManagementServices(
                ledger.organizations,
                ledger.projects,
                ledger.keys,
                ledger.budgets,
                new PostgresAllowlists(ledger.jdbi),
                new PostgresOwnLimits(ledger.jdbi),
                LIMITS,
                ledger.wallets,
                ledger.balances,
                ledger.vouchers,
                ledger.statements,
                new PostgresUsageReports(ledger.jdbi),
                new PostgresRequestLog(ledger.jdbi, ledger.clock, null),
                new PostgresAdjustments(ledger.jdbi, ledger.clock, ledger.ids),
                catalog,
                replicas,
                _ -> null,
                prices,
                publisher(),
                new PostgresPriceLists(ledger.jdbi, ledger.clock, ledger.ids),
                ledger.verifier,
                new PostgresNodes(ledger.jdbi),
                ledger.backups,
                () ->
                        List.of(
                                new ConfigView.Setting("port", "8080", "default"),
                                new ConfigView.Setting("database-url", null, "default")),
                new ServerVersion("0.1.0", "25", "1"),
                ledger.clock);
    }

    Reply get(String path) {
        return call("GET", path, null, Map.of());
    }

    Reply post(String path, String body) {
        return call("POST", path, body, Map.of());
    }

    Reply post(String path, String body, String idempotencyKey) {
        return call("POST", path, body, Map.of("Idempotency-Key", idempotencyKey));
    }

    Reply call(String method, String path, @Nullable String body, Map<String, String> headers) {
        return as(OPERATOR_KEY, method, path, body, headers);
    }

    Reply as(
            @Nullable String key,
            String method,
            String path,
            @Nullable String body,
            Map<String, String> headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url() + path))
                        .timeout(PATIENCE)
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(body));
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        if (body != null && !headers.containsKey("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        headers.forEach(request::header);
        return send(method, path, request.build());
    }

    String url() {
        return "http://127.0.0.1:" + server.actualPort();
    }

    private Reply send(String method, String path, HttpRequest request) {
        try {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            assertThat(response.headers().firstValue("x-request-id").orElseThrow())
                    .matches("req_[0-9a-f]{32}");
            String type = response.headers().firstValue("content-type").orElse("");
            if (!type.startsWith("application/json")) {
                // A file, whose lines are nobody's contract.
                return new Reply(
                        response.statusCode(), TextNode.valueOf(response.body()), response);
            }
            JsonNode body = Json.MAPPER.readTree(response.body());
            checkForm(method, path, response.statusCode(), body);
            return new Reply(response.statusCode(), body, response);
        } catch (IOException e) {
            throw new AssertionError(method + " " + path, e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// An answer has one of the forms that the contract gives the operation.
    private void checkForm(String method, String path, int status, JsonNode body) {
        Operation operation =
                contract.written()
                        .findOperation(URI.create(path).getPath(), HttpMethod.valueOf(method));
        if (operation == null) {
            return;
        }
        Response response = operation.getResponse(status);
        if (response == null) {
            assertThat(status).as("a status of its own: only refusals").isGreaterThan(399);
            response = operation.getDefaultResponse();
        }
        MediaType json =
                Objects.requireNonNull(response.getContent().get(MediaType.APPLICATION_JSON));
        OutputUnit result =
                contract.written()
                        .getSchemaRepository()
                        .validator(json.getSchema())
                        .validate(new JsonObject(body.toString()));
        assertThat(result.getValid()).as("%s %s: %s", method, path, result).isTrue();
    }

    private PricePublisher publisher() {
        return new PricePublisher() {
            @Override
            public Publication publish(@Nullable Instant effectiveFrom) {
                return publications.removeFirst();
            }

            @Override
            public Review review(@Nullable Instant effectiveFrom) {
                return review;
            }

            @Override
            public Optional<PriceVersion> version(String list, @Nullable Instant at) {
                return ledger.priceBook.inForce(list, at == null ? ledger.clock.now() : at);
            }

            @Override
            public void changed() {
                prices.refresh(ledger.priceBook::snapshot);
            }

            @Override
            public List<String> unpublishedChanges() {
                return List.copyOf(unpublished);
            }
        };
    }

    private static Model model() {
        return new Model(
                LedgerWorld.MODEL,
                "mooring",
                8192,
                512,
                4096,
                Set.of(),
                ParameterRules.NONE,
                Set.of(),
                List.of(
                        new ReplicaSpec.Address(
                                EngineKind.LLAMACPP,
                                null,
                                1,
                                URI.create("http://127.0.0.1:9"),
                                null)));
    }

    @Override
    public void close() {
        LedgerWorld.get(server.close().toCompletionStage());
        client.close();
        LedgerWorld.get(vertx.close().toCompletionStage());
        ledger.close();
    }
}
