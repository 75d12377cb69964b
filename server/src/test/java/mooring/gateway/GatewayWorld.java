package mooring.gateway;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.accounts.ApiKey;
import mooring.accounts.ApiKeys;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import mooring.accounts.KnownKeys;
import mooring.accounts.Principal;
import mooring.admission.Admission;
import mooring.auth.AllowedNetworks;
import mooring.auth.Authenticator;
import mooring.catalog.Catalog;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.ParameterRules;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.catalog.ReplicaSpec;
import mooring.engine.Engine;
import mooring.engine.EngineCall;
import mooring.engine.EngineCounters;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.Role;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.Holds;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.limits.DayUse;
import mooring.limits.LimitStanding;
import mooring.limits.LimitTable;
import mooring.limits.Limiter;
import mooring.limits.Limits;
import mooring.metering.Acceptance;
import mooring.metering.Meter;
import mooring.metering.Metered;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Deadlines;
import mooring.relay.Receipt;
import mooring.replicas.Outliers;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.routing.Retries;
import mooring.routing.Router;
import mooring.testing.Somebody;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// A gateway of one model that runs one request at a time, for one customer, with a meter, a
/// ledger, an engine and callers that do as a test says.
class GatewayWorld implements Holds, Meter, Engine, AutoCloseable {

    static final ModelId MODEL = new ModelId("kauri");
    static final int WINDOW = 100_000;

    private final Vertx vertx = Vertx.vertx();
    private final KeySecret key = KeySecret.generate(KeySecret.API_PREFIX, new SecureRandom());
    final AtomicInteger bodiesDone = new AtomicInteger();
    String question = "Hello";
    private final AtomicInteger requests = new AtomicInteger();
    private final Gateway gateway;

    final List<Money> held = new CopyOnWriteArrayList<>();
    final List<RequestId> ended = new CopyOnWriteArrayList<>();
    final List<Release> released = new CopyOnWriteArrayList<>();
    final List<UsageRecord> settled = new CopyOnWriteArrayList<>();
    final List<Problem> told = new CopyOnWriteArrayList<>();
    final List<Receipt> receipts = new CopyOnWriteArrayList<>();

    Runnable onOpen = () -> {};
    Runnable onListen = () -> {};
    Runnable onEstimate = () -> {};
    boolean streaming = true;
    long maxTokens = 10;
    List<StreamEvent> answer = List.of();

    GatewayWorld(Observer observer) {
        Clock clock = Clock.system();
        ReplicaSpec spec =
                new ReplicaSpec.Address(
                        EngineKind.VLLM, null, 10, URI.create("http://127.0.0.1:9"), null);
        Model model =
                new Model(
                        MODEL,
                        "tests",
                        WINDOW,
                        100,
                        WINDOW,
                        Set.of(),
                        ParameterRules.NONE,
                        Set.of(),
                        List.of(spec));
        Catalog catalog = new Catalog(List.of(model));
        Replicas replicas = new Replicas(catalog, clock);
        replicas.all().forEach(each -> each.update(new Replica.State.Ready()));
        Prices prices = new Prices();
        Rate rate = new Rate(1_000_000_000);
        prices.use(
                new PriceVersion(
                        new PriceVersionId(new UUID(0, 1)),
                        1,
                        PriceVersion.DEFAULT_LIST,
                        Currency.USD,
                        Instant.EPOCH,
                        Instant.EPOCH,
                        Map.of(MODEL, new ModelPrice(rate, rate, rate, rate, rate))));
        Executor none =
                _ -> {
                    throw new AssertionError("nothing blocks here");
                };
        Limits one = new Limits(1, Limits.NONE, Limits.NONE, Limits.NONE);
        Router router = new Router(replicas, clock);
        gateway =
                new Gateway(
                        new NodeEpoch("node", 1),
                        new Authenticator(new Keys(), new Keys(), AllowedNetworks.EVERYWHERE, none),
                        new Admission(
                                catalog,
                                prices,
                                this,
                                new Limiter(
                                        new LimitTable(List.of(), Map.of(MODEL, one)),
                                        clock,
                                        DayUse.NONE,
                                        none),
                                _ -> LimitStanding.PLAIN,
                                this::countPrompt,
                                clock,
                                100),
                        router,
                        new Retries(clock, Map.of()),
                        new Outliers(replicas, clock),
                        _ -> this,
                        this,
                        this,
                        clock,
                        Deadlines.DEFAULT,
                        observer);
    }

    int running() {
        return gateway.running();
    }

    /// Brings one request to where it runs, or was refused before.
    void serve() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        RequestId id = new RequestId(new UUID(0, requests.incrementAndGet()));
        Request question = Request.of(MODEL, List.of(Message.of(Role.USER, this.question)));
        Request request =
                new Request(
                        MODEL,
                        question.messages(),
                        question.sampling(),
                        maxTokens,
                        1,
                        question.tools(),
                        question.toolChoice(),
                        true,
                        question.responseFormat(),
                        null,
                        question.tier(),
                        Map.of(),
                        question.promptBytes());
        vertx.getOrCreateContext()
                .runOnContext(
                        _ ->
                                gateway.serve(
                                                new Arrival(
                                                        id,
                                                        key.reveal(),
                                                        "127.0.0.1",
                                                        null,
                                                        () ->
                                                                Future.succeededFuture(
                                                                        new Arrival.Decoded(
                                                                                request,
                                                                                new Listener())),
                                                        bodiesDone::incrementAndGet))
                                        .onComplete(_ -> done.complete(null)));
        done.orTimeout(30, TimeUnit.SECONDS).join();
    }

    // The ledger -----------------------------------------------------------------------------

    @Override
    public HoldDecision place(
            RequestId request, WalletId wallet, List<Purse.OfBudget> budgets, Money amount) {
        held.add(amount);
        return new HoldDecision.Granted(new Hold(request, wallet, budgets, amount));
    }

    @Override
    public HoldDecision extend(Hold hold, Money by) {
        return new HoldDecision.Granted(hold.withAmount(hold.amount().plus(by)));
    }

    @Override
    public void charged(Hold hold, Money charge) {
        ended.add(hold.request());
    }

    @Override
    public void booked(Purse purse, Money charged, Money drawn) {}

    @Override
    public void release(Hold hold) {
        ended.add(hold.request());
    }

    @Override
    public Money available(WalletId wallet) {
        return Money.zero(Currency.USD);
    }

    // The meter ------------------------------------------------------------------------------

    @Override
    public Metered open(Acceptance acceptance) {
        onOpen.run();
        return new Metered() {
            @Override
            public CompletionStage<Void> durable(Executor loop) {
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public void progress(Usage delivered) {}

            @Override
            public CompletionStage<Void> settle(UsageRecord record, Executor loop) {
                settled.add(record);
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public void release(Release release) {
                released.add(release);
            }
        };
    }

    @Override
    public boolean writable() {
        return true;
    }

    // The engine -----------------------------------------------------------------------------

    @Override
    public EngineStream open(EngineCall call, EngineListener listener) {
        Vertx.currentContext().runOnContext(_ -> answer.forEach(listener::event));
        return new EngineStream() {
            @Override
            public void pause() {}

            @Override
            public void resume() {}

            @Override
            public void cancel() {}
        };
    }

    @Override
    public Future<Long> countPrompt(Request request) {
        return Future.succeededFuture(5L);
    }

    @Override
    public Future<Optional<EngineCounters>> counters() {
        return Future.succeededFuture(Optional.empty());
    }

    @Override
    public void close() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    private static final class Keys implements KnownKeys, ApiKeys {

        private final Principal principal = Somebody.with();

        @Override
        public Principal find(KeyHash hash) {
            return principal;
        }

        @Override
        public boolean current() {
            return true;
        }

        @Override
        public Created create(
                OrganizationId organization, @Nullable ProjectId project, String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ApiKey> list(OrganizationId organization, @Nullable KeyId after, int limit) {
            return List.of();
        }

        @Override
        public Optional<ApiKey> revoke(KeyId id) {
            return Optional.empty();
        }

        @Override
        public Optional<Principal> principal(KeyHash hash) {
            return Optional.of(principal);
        }
    }

    private final class Listener implements Caller {

        @Override
        public boolean streaming() {
            return streaming;
        }

        @Override
        public void promptTokens(long tokens) {
            onEstimate.run();
        }

        @Override
        public void commit() {}

        @Override
        public void keepAlive() {}

        @Override
        public void event(StreamEvent event) {}

        @Override
        public void complete(Receipt receipt) {
            receipts.add(receipt);
        }

        @Override
        public void fail(Problem problem) {
            told.add(problem);
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public void onWritable(Runnable action) {
            onListen.run();
        }

        @Override
        public void drop() {}

        @Override
        public void onGone(Runnable action) {}
    }

    static final Duration SOON = Duration.ofSeconds(30);
}
