package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import mooring.accounts.ApiKey;
import mooring.accounts.ApiKeys;
import mooring.accounts.KeyHash;
import mooring.accounts.KnownKeys;
import mooring.accounts.Principal;
import mooring.auth.AllowedNetworks;
import mooring.auth.Authenticator;
import mooring.http.Edge;
import mooring.http.Exchange;
import mooring.ids.IdGenerator;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ledger.LedgerWorld;
import mooring.testing.Await;
import mooring.time.Clock;
import org.jdbi.v3.core.ConnectionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a caller gets when it is not the caller's fault.
class ManagementFaultsTest {

    private static final String KEY = "the operator's";

    private final Vertx vertx = Vertx.vertx();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final IdGenerator ids = new IdGenerator(Clock.system());

    @AfterEach
    void close() {
        client.close();
        LedgerWorld.get(vertx.close().toCompletionStage());
        // A test that failed may have left calls that wait for it.
        threads.shutdownNow();
        threads.close();
    }

    /// A door whose every operation does this.
    private URI door(OperationHandler handler, Executor executor) {
        Contract contract = Contract.load(vertx);
        Map<String, OperationHandler> handlers = new HashMap<>();
        contract.operationIds().forEach(id -> handlers.put(id, handler));
        ManagementDoor door =
                new ManagementDoor(
                        contract,
                        new Operations(contract, handlers),
                        new OperatorAccess(
                                KeyHash.of(KEY),
                                new Authenticator(
                                        noKeys,
                                        noKeysStored,
                                        AllowedNetworks.EVERYWHERE,
                                        executor)),
                        executor);
        HttpServer server =
                LedgerWorld.get(
                        vertx.createHttpServer()
                                .requestHandler(
                                        request ->
                                                door.open(
                                                        new Exchange(
                                                                ids.nextRequest(),
                                                                request,
                                                                vertx.getOrCreateContext(),
                                                                Edge.plain(),
                                                                false)))
                                .listen(0, "127.0.0.1")
                                .toCompletionStage());
        return URI.create("http://127.0.0.1:" + server.actualPort() + "/api/v1/version");
    }

    private CompletableFuture<HttpResponse<String>> ask(URI uri) {
        return client.sendAsync(
                HttpRequest.newBuilder(uri)
                        .timeout(ManagementWorld.PATIENCE)
                        .header("Authorization", "Bearer " + KEY)
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void aFaultOfOursIsAnsweredWithoutItsDetails() {
        URI uri =
                door(
                        _ -> {
                            throw new IllegalStateException("password=hunter2");
                        },
                        threads);
        HttpResponse<String> response = LedgerWorld.get(ask(uri));
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).contains("internal_error").doesNotContain("hunter2");
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
    }

    @Test
    void aStoreThatCannotBeReachedIsSaidToBeAndWorthAnotherTry() {
        URI uri =
                door(
                        _ -> {
                            throw new ConnectionException(
                                    new SQLTransientConnectionException("timed out"));
                        },
                        threads);
        HttpResponse<String> response = LedgerWorld.get(ask(uri));
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).contains("store_unavailable");
        assertThat(response.headers().firstValue("retry-after")).isPresent();
    }

    @Test
    void aServerThatStopsSaysSo() {
        Executor stopped =
                _ -> {
                    throw new RejectedExecutionException("shut down");
                };
        HttpResponse<String> response =
                LedgerWorld.get(ask(door(_ -> Answer.ok(Map.of()), stopped)));
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).contains("draining");
    }

    @Test
    void callsBeyondTheBoundAreTurnedAwayAtOnceAndTheOthersFinish() throws Exception {
        CountDownLatch running = new CountDownLatch(ManagementDoor.MAX_RUNNING);
        CountDownLatch go = new CountDownLatch(1);
        URI uri =
                door(
                        _ -> {
                            running.countDown();
                            try {
                                go.await();
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                            return Answer.ok(Map.of());
                        },
                        threads);
        List<CompletableFuture<HttpResponse<String>>> admitted = new ArrayList<>();
        for (int i = 0; i < ManagementDoor.MAX_RUNNING; i++) {
            admitted.add(ask(uri));
        }
        assertThat(running.await(ManagementWorld.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        HttpResponse<String> refused = LedgerWorld.get(ask(uri));
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("\"busy\"");
        go.countDown();
        for (CompletableFuture<HttpResponse<String>> response : admitted) {
            assertThat(LedgerWorld.get(response).statusCode()).isEqualTo(200);
        }
        Await.until(
                "a free place",
                ManagementWorld.PATIENCE,
                () -> LedgerWorld.get(ask(uri)).statusCode() == 200);
    }

    @Test
    void aWriteThatWasRefusedCanBeTriedAgainWithItsKey() {
        IdempotentWrites writes = new IdempotentWrites();
        Answer done = Answer.created("done");
        List<Boolean> tries = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try {
                writes.once(
                        "key",
                        "write",
                        () -> {
                            tries.add(true);
                            if (tries.size() == 1) {
                                throw new IllegalStateException("the store was away");
                            }
                            return done;
                        });
            } catch (IllegalStateException _) {
                assertThat(tries).hasSize(1);
            }
        }
        assertThat(tries).hasSize(2);
    }

    private final KnownKeys noKeys =
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

    private final ApiKeys noKeysStored =
            new ApiKeys() {
                @Override
                public Created create(
                        OrganizationId organization, @Nullable ProjectId project, String name) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public List<ApiKey> list(
                        OrganizationId organization, @Nullable KeyId after, int limit) {
                    return List.of();
                }

                @Override
                public Optional<ApiKey> revoke(KeyId id) {
                    return Optional.empty();
                }

                @Override
                public Optional<Principal> principal(KeyHash hash) {
                    return Optional.empty();
                }
            };
}
