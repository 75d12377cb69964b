package mooring.app;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import mooring.accounts.KnownKeys;
import mooring.admin.AdminServer;
import mooring.admin.ReadinessCheck;
import mooring.admin.ReadinessChecks;
import mooring.admission.Admission;
import mooring.admission.PromptCounter;
import mooring.api.KeyedCalls;
import mooring.api.LargeBodies;
import mooring.api.anthropic.AnthropicDoor;
import mooring.api.management.ConfigView;
import mooring.api.management.ManagementDoor;
import mooring.api.management.ManagementServices;
import mooring.api.management.ServerVersion;
import mooring.api.openai.OpenAiDoor;
import mooring.api.openai.TextDoor;
import mooring.api.openai.responses.ResponsesDoor;
import mooring.auth.AllowedNetworks;
import mooring.auth.Authenticator;
import mooring.catalog.Catalog;
import mooring.catalog.Hedging;
import mooring.catalog.file.PriceFile;
import mooring.config.Settings;
import mooring.engine.Engines;
import mooring.fleet.Fleet;
import mooring.gateway.Gateway;
import mooring.http.CrossOrigin;
import mooring.http.Door;
import mooring.images.ImageFetcher;
import mooring.inference.ModelId;
import mooring.limits.Limiter;
import mooring.relay.Deadlines;
import mooring.replicas.Outliers;
import mooring.replicas.Replicas;
import mooring.routing.Retries;
import mooring.routing.Router;
import mooring.telemetry.Metrics;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The request path and the doors before it: who may enter where, and what serves them.
final class Doors {

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final Gateway gateway;
    private final List<Door> all;
    private final AdminServer admin;
    private final int adminPort;
    private final Metrics metrics;
    private final AtomicBoolean draining;
    private final Runnable engineCounts;
    private final KeyedCalls keyed;

    private Doors(
            Gateway gateway,
            List<Door> all,
            AdminServer admin,
            int adminPort,
            Metrics metrics,
            AtomicBoolean draining,
            Runnable engineCounts,
            KeyedCalls keyed) {
        this.gateway = gateway;
        this.all = all;
        this.admin = admin;
        this.adminPort = adminPort;
        this.metrics = metrics;
        this.draining = draining;
        this.engineCounts = engineCounts;
        this.keyed = keyed;
    }

    static Doors build(
            Settings settings,
            Vertx vertx,
            Catalog catalog,
            Map<ModelId, Hedging> hedging,
            Limiter limiter,
            Replicas replicas,
            Fleet fleet,
            Store store,
            Clock clock,
            Secrets secrets,
            @Nullable RequestTrail trail,
            ExecutorService blocking) {
        Metrics metrics = RequestMetrics.metrics(catalog, replicas);
        metrics.watch(
                "mooring.access_log.dropped",
                "Lines that the access log left out since the start.",
                () -> trail == null ? 0 : trail.dropped());
        metrics.watchBackups(
                () -> {
                    Instant last = store.lastVerifiedBackup();
                    return last == null ? null : Duration.between(last, clock.now());
                });
        store.figures.watch(metrics, store.bookkeeping, clock);
        EngineAudit audit = store.audit(replicas, clock);
        audit.watch(metrics);
        KnownKeys keys = store.keyFeed;
        Authenticator authenticator =
                new Authenticator(
                        keys,
                        store.keys,
                        new AllowedNetworks(store.keyFeed, store.allowlists),
                        blocking);
        Engines engines = new EngineAdapters(vertx, fleet::key, settings.connectTimeout());
        Router router = new Router(replicas, clock);
        metrics.watch(
                "mooring.requests.waiting",
                "Requests that wait for a place at a replica.",
                router::waiting);
        PromptCounter counter = Gateway.counter(router, engines);
        Admission admission =
                new Admission(
                        catalog,
                        store.prices,
                        store.bookkeeping.leases(),
                        limiter,
                        store.keyFeed,
                        counter,
                        clock,
                        settings.holdAheadTokens());
        Gateway gateway =
                new Gateway(
                        store.node,
                        authenticator,
                        admission,
                        router,
                        new Retries(clock, hedging),
                        new Outliers(replicas, clock),
                        engines,
                        store.bookkeeping.leases(),
                        store.bookkeeping.meter(),
                        clock,
                        deadlines(settings),
                        new RequestMetrics(metrics, store.keyUses, audit, trail));
        KeyedCalls keyed = new KeyedCalls(gateway, new LargeBodies(vertx), store.answers, blocking);
        ImageFetcher images =
                switch (settings.imageUrls()) {
                    case FETCH -> ImageFetcher.ofPublic(vertx);
                    case REFUSE -> ImageFetcher.none(vertx);
                };
        OpenAiDoor openAi =
                new OpenAiDoor(
                        vertx,
                        gateway,
                        keyed,
                        catalog,
                        store.prices,
                        store.balances,
                        store.vouchers,
                        counter,
                        images,
                        clock,
                        blocking,
                        settings.maxBodyBytes());
        TextDoor text = new TextDoor(vertx, keyed, catalog, clock, settings.maxBodyBytes());
        ResponsesDoor responses =
                new ResponsesDoor(
                        vertx,
                        gateway,
                        keyed,
                        catalog,
                        store.responses,
                        images,
                        clock,
                        blocking,
                        settings.maxBodyBytes());
        AnthropicDoor anthropic =
                new AnthropicDoor(
                        vertx, gateway, keyed, catalog, counter, images, settings.maxBodyBytes());
        ManagementDoor management =
                ManagementDoor.create(
                        vertx,
                        secrets.operatorKey(),
                        authenticator,
                        services(settings, catalog, limiter, replicas, store, audit, clock),
                        blocking);
        AtomicBoolean draining = new AtomicBoolean();
        List<ReadinessCheck> checks = new ArrayList<>(store.readiness());
        checks.addAll(NodeLimits.readiness(limiter));
        NodeLimits.watch(metrics, limiter);
        checks.add(ReadinessChecks.replicas(catalog, replicas));
        checks.add(ReadinessChecks.keys(keys));
        checks.add(ReadinessChecks.notDraining(draining::get));
        AdminServer admin = new AdminServer(vertx, metrics, checks, blocking, clock);
        return new Doors(
                gateway,
                List.of(
                        new CrossOrigin(settings.corsOrigins()),
                        anthropic,
                        text,
                        responses,
                        openAi,
                        management),
                admin,
                listen(admin, settings),
                metrics,
                draining,
                () -> audit.read(engines),
                keyed);
    }

    private static ManagementServices services(
            Settings settings,
            Catalog catalog,
            Limiter limiter,
            Replicas replicas,
            Store store,
            EngineAudit audit,
            Clock clock) {
        return new ManagementServices(
                store.organizations,
                store.projects,
                store.keys,
                store.budgets,
                store.allowlists,
                store.limits,
                limiter.table(),
                store.wallets,
                store.balances,
                store.vouchers,
                store.statements,
                store.usage,
                store.requests,
                store.adjustments,
                catalog,
                replicas,
                audit,
                store.prices,
                new FilePrices(
                        () -> PriceFile.read(settings.prices()),
                        catalog,
                        store.priceBook,
                        store.prices,
                        clock),
                store.priceLists,
                store.verifier,
                store.nodes,
                store.backups,
                () ->
                        settings.view().stream()
                                .map(
                                        view ->
                                                new ConfigView.Setting(
                                                        view.name(), view.value(), view.origin()))
                                .toList(),
                new ServerVersion(
                        Server.VERSION, Runtime.version().toString(), store.schemaVersion()),
                clock);
    }

    private static Deadlines deadlines(Settings settings) {
        return new Deadlines(
                settings.commitAfter(),
                settings.firstContentTimeout(),
                settings.idleTimeout(),
                settings.answerTimeout(),
                Deadlines.DEFAULT.usage(),
                Deadlines.DEFAULT.booking(),
                settings.readerTimeout());
    }

    private static int listen(AdminServer admin, Settings settings) {
        try {
            return admin.listen(settings.adminPort()).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw new StartException(
                    "cannot listen on the admin port 127.0.0.1:"
                            + settings.adminPort()
                            + ": "
                            + PublicServer.reason(e)
                            + " (free it, or choose another with --admin-port)",
                    e);
        }
    }

    List<Door> all() {
        return all;
    }

    int adminPort() {
        return adminPort;
    }

    /// Requests that have not come to their end.
    int running() {
        return gateway.running();
    }

    /// Ends what still runs.
    void cutOff() {
        gateway.cutOff();
    }

    /// Holds the engines to what was settled for them. Blocking.
    void readEngineCounts() {
        engineCounts.run();
    }

    /// Says that requests with a key of their caller's still run here. Blocking.
    void renewKeys() {
        keyed.renew();
    }

    /// From now on this process says that it wants no more requests.
    void draining() {
        draining.set(true);
    }

    void close() {
        try {
            admin.close().toCompletableFuture().get(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException _) {
            // The process ends, and the port with it.
        }
        metrics.close();
    }
}
