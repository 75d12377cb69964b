package mooring.app;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import mooring.catalog.Catalog;
import mooring.catalog.file.CatalogFile;
import mooring.catalog.file.PriceFile;
import mooring.config.ConfigText;
import mooring.config.Settings;
import mooring.engine.wire.ReservedFields;
import mooring.fleet.Fleet;
import mooring.ids.IdGenerator;
import mooring.limits.Limiter;
import mooring.replicas.Replicas;
import mooring.time.Clock;
import mooring.time.Deadline;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One whole instance: data folder, database, engines, doors. Built in one place, by hand.
final class Server {

    static final String VERSION = "0.1.0";

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);

    /// A large model's weights load for minutes.
    private static final Duration ENGINE_START = Duration.ofMinutes(15);

    /// What a predecessor may need beyond its drain: to cut answers off (10 s), to end jobs (15 s)
    /// and the drain (17 s), to give leases back (5 s), to sync (20 s) and to stop PostgreSQL (15
    /// s).
    private static final Duration STOP_EXTRA = Duration.ofSeconds(90);

    /// How long prices that another node published may take to be used here.
    private static final Duration PRICES_REFRESH = Duration.ofSeconds(2);

    /// How long it may take until metrics know of a backup that was verified.
    private static final Duration BACKUPS_REFRESH = Duration.ofSeconds(30);

    /// How old what metrics say of the database may be.
    private static final Duration FIGURES_REFRESH = Duration.ofSeconds(10);

    private static final Duration ENGINE_COUNTS = Duration.ofSeconds(5);

    /// How often those who use nothing are forgotten.
    private static final Duration LIMITS_SWEEP = Duration.ofSeconds(10);

    /// A third of what a claim lasts.
    private static final Duration KEYS_RENEWAL = Duration.ofSeconds(10);

    private static final Duration STATE_REFRESH = Duration.ofSeconds(1);

    /// What booking the answers that were cut off may take.
    private static final Duration CUT_OFF = Duration.ofSeconds(5);

    private static final Duration SETTLE_POLL = Duration.ofMillis(20);

    private final Settings settings;
    private final PublicServer publicServer;
    private final Doors doors;
    private final Store store;
    private final StateFile state;
    private final Closer closer;
    private final String baseUrl;
    private final String adminUrl;

    private Server(
            Settings settings,
            PublicServer publicServer,
            Doors doors,
            Store store,
            StateFile state,
            Closer closer,
            String baseUrl,
            String adminUrl) {
        this.settings = settings;
        this.publicServer = publicServer;
        this.doors = doors;
        this.store = store;
        this.state = state;
        this.closer = closer;
        this.baseUrl = baseUrl;
        this.adminUrl = adminUrl;
    }

    String baseUrl() {
        return baseUrl;
    }

    String adminUrl() {
        return adminUrl;
    }

    /// Whether every charge that was written down so far is booked.
    boolean booked() {
        return store.bookkeeping.booked();
    }

    /// Requests for which money is set aside at this moment.
    int holding() {
        return store.bookkeeping.leases().runningRequests();
    }

    /// What running requests hold at this moment, in nano units.
    long heldNanos() {
        return store.bookkeeping.leases().heldNanos();
    }

    /// Starts everything; returns when requests can be served.
    ///
    /// @param flags as given, for a restart with the same
    /// @param progress told what takes its time
    /// @throws StartException and its like, with one line that says why not, and nothing left
    ///   running
    static Server start(Settings settings, List<String> flags, Consumer<String> progress) {
        Closer closer = new Closer();
        try {
            return start(settings, flags, progress, closer);
        } catch (RuntimeException e) {
            closer.close();
            throw e;
        }
    }

    private static Server start(
            Settings settings, List<String> flags, Consumer<String> progress, Closer closer) {
        ConfigText catalogText = settings.catalog();
        CatalogFile catalogFile = CatalogFile.read(catalogText, ReservedFields.names());
        Catalog catalog = catalogFile.catalog();
        PriceFile.read(settings.prices());
        catalogFile.warnings().forEach(progress);
        Clock clock = Clock.system();
        IdGenerator ids = new IdGenerator(clock);

        DataFolder locked =
                settings.takeOver() ? null : DataFolder.open(settings.dataDir(), Duration.ZERO);
        if (locked != null) {
            closer.add(locked::close);
        }
        LongAdder requests = new LongAdder();
        Vertx vertx =
                Vertx.builder()
                        .with(new VertxOptions().setEventLoopPoolSize(settings.eventLoops()))
                        .withTransport(GatheringLoop.transport(requests, clock))
                        .build();
        closer.add(() -> vertx.close().toCompletionStage().toCompletableFuture().join());
        PublicServer publicServer =
                PublicServer.listen(vertx, ids, PublicServer.Opening.of(settings), requests);
        DataFolder folder = locked;
        if (folder == null) {
            progress.accept("Taking over: waiting for the running server to finish its answers");
            TakeOver.askToDrain(settings.dataDir());
            folder = DataFolder.open(settings.dataDir(), settings.drainTimeout().plus(STOP_EXTRA));
            closer.add(folder::close);
        }

        Replicas replicas = new Replicas(catalog, clock);
        Fleet fleet =
                new Fleet(
                        replicas,
                        new Fleet.Places(
                                settings.python(),
                                settings.enginesDir().toAbsolutePath(),
                                folder.resolve("engines"),
                                folder.resolve("logs")),
                        clock);
        // Stopped last of all: drained requests are settled by then, and a late state is written.
        StateFile[] written = new StateFile[1];
        closer.add(
                () -> {
                    if (written[0] != null) {
                        written[0].remove();
                    }
                });
        closer.add(fleet::close);
        progress.accept("Starting the database and the engines");
        fleet.start();
        ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
        closer.add(blocking::shutdownNow);
        Secrets secrets = Secrets.of(folder, settings.nodeId());
        Store store = Store.open(settings, folder, secrets, clock, ids, closer);
        store.prepare(settings, folder, catalog, () -> PriceFile.read(settings.prices()), progress);
        Limiter limiter =
                NodeLimits.limiter(
                        settings, vertx, catalogFile.limits(), store, clock, blocking, closer);
        RequestTrail trail = RequestTrail.of(settings, folder, clock);
        if (trail != null) {
            closer.add(trail::close);
            publicServer.follow(trail);
        }
        Doors doors =
                Doors.build(
                        settings,
                        vertx,
                        catalog,
                        catalogFile.hedging(),
                        limiter,
                        replicas,
                        fleet,
                        store,
                        clock,
                        secrets,
                        trail,
                        blocking);
        closer.add(doors::close);

        String scheme = publicServer.secure() ? "https://" : "http://";
        String baseUrl = scheme + reachable(settings.listen()) + ":" + publicServer.port();
        String adminUrl = "http://127.0.0.1:" + doors.adminPort();
        StateFile state =
                new StateFile(
                        folder.path(),
                        new StateFile.Facts(
                                VERSION,
                                clock.now(),
                                baseUrl,
                                adminUrl,
                                folder.path().toAbsolutePath(),
                                withoutTakeOver(flags)),
                        replicas);
        written[0] = state;
        state.database(store.shownAddress(), store.embedded(), store::pid);
        state.become(StateFile.State.STARTING);
        awaitEngines(fleet);
        publicServer.open(doors.all());
        boolean open =
                !publicServer.secure()
                        && !settings.listen().startsWith("127.")
                        && !settings.listen().equals("localhost");
        // Before the state says ready: whoever waits for that shows what was printed until then.
        progress.accept(
                Banner.text(
                        new Banner.About(
                                baseUrl,
                                adminUrl,
                                folder.path(),
                                catalog.models().iterator().next().id().text(),
                                firstKey(folder),
                                catalogText.folder() == null,
                                open)));
        state.become(StateFile.State.READY);
        Repeating repeating = new Repeating(vertx, blocking, closer);
        repeating.every(STATE_REFRESH, state::refresh);
        repeating.every(PRICES_REFRESH, store::refreshPrices);
        repeating.every(BACKUPS_REFRESH, store::refreshBackups);
        repeating.every(FIGURES_REFRESH, store.figures::refresh);
        repeating.every(ENGINE_COUNTS, doors::readEngineCounts);
        repeating.every(KEYS_RENEWAL, doors::renewKeys);
        repeating.every(LIMITS_SWEEP, () -> limiter.sweep(clock.now()));
        LOG.info("ready at {}, admin {}", baseUrl, adminUrl);
        return new Server(settings, publicServer, doors, store, state, closer, baseUrl, adminUrl);
    }

    /// Reads anew what may change while the server runs: the certificate. Blocking.
    ///
    /// @return whether anything is another from now on
    boolean reload() {
        return publicServer.reload();
    }

    /// Lets running answers end, books them, and stops everything.
    void stop(Consumer<String> progress) {
        progress.accept("Stopping: running answers may finish (again to stop at once)");
        state.become(StateFile.State.DRAINING);
        doors.draining();
        try {
            if (!settings.drainNotice().isZero()) {
                Thread.sleep(settings.drainNotice());
            }
            publicServer.leave(settings.drainIdle());
            boolean left = awaitLeft(settings.drainTimeout());
            if (!left && doors.running() > 0) {
                LOG.warn(
                        "drain: {} answers still run after {} s and are ended now",
                        doors.running(),
                        settings.drainTimeout().toSeconds());
                doors.cutOff();
                awaitLeft(CUT_OFF);
            }
            publicServer
                    .close(CUT_OFF)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(CUT_OFF.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("drain: {}", e.toString());
        }
        closer.close();
        progress.accept("Stopped.");
    }

    /// Waits until no request runs and no connection is open; false when some still are.
    private boolean awaitLeft(Duration atMost) throws InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        while (doors.running() > 0 || !publicServer.left()) {
            if (deadline.passed()) {
                return false;
            }
            Thread.sleep(SETTLE_POLL);
        }
        return true;
    }

    private static void awaitEngines(Fleet fleet) {
        try {
            List<String> failures = fleet.await(ENGINE_START);
            if (!failures.isEmpty()) {
                throw new StartException(String.join("; ", failures));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while the engines were starting", e);
        }
    }

    private static String firstKey(DataFolder folder) {
        try {
            return Files.readString(folder.resolve("first-key")).strip();
        } catch (IOException e) {
            throw new StartException("cannot read " + folder.resolve("first-key") + ": " + e, e);
        }
    }

    /// An address that this machine reaches itself by.
    private static String reachable(String listen) {
        return switch (listen) {
            case "0.0.0.0", "::" -> "127.0.0.1";
            default -> listen.contains(":") ? "[" + listen + "]" : listen;
        };
    }

    /// The launcher starts the same server again by these words.
    private static List<String> withoutTakeOver(List<String> flags) {
        List<String> same = new ArrayList<>(flags.size() + 1);
        same.add("serve");
        same.addAll(flags);
        same.removeIf(flag -> flag.equals("--take-over"));
        return same;
    }
}
