package mooring.gateway;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.accounts.Principal;
import mooring.admission.Admission;
import mooring.admission.Admitted;
import mooring.admission.PromptCounter;
import mooring.auth.Authenticator;
import mooring.auth.Identity;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.Engines;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ledger.Holds;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Meter;
import mooring.metering.MeterException;
import mooring.metering.Metered;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.relay.Caller;
import mooring.relay.Deadlines;
import mooring.relay.Problems;
import mooring.relay.Ticker;
import mooring.replicas.Outliers;
import mooring.replicas.Replica;
import mooring.routing.Retries;
import mooring.routing.Router;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The whole way of a request: who is it, may they, where does it run, bring it back, book it.
public final class Gateway {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /// What a token of most texts comes to.
    private static final long BYTES_PER_TOKEN = 4;

    private final NodeEpoch node;
    private final Authenticator authenticator;
    private final Meter meter;
    private final RequestRun.Steps steps;
    private final AtomicInteger running = new AtomicInteger();
    private final Set<RequestRun> runs = ConcurrentHashMap.newKeySet();

    /// @param node under which name and in which of its lives this process admits
    public Gateway(
            NodeEpoch node,
            Authenticator authenticator,
            Admission admission,
            Router router,
            Retries retries,
            Outliers outliers,
            Engines engines,
            Holds holds,
            Meter meter,
            Clock clock,
            Deadlines deadlines,
            Observer observer) {
        this.node = node;
        this.authenticator = authenticator;
        this.meter = meter;
        this.steps =
                new RequestRun.Steps(
                        admission,
                        router,
                        retries,
                        outliers,
                        engines,
                        holds,
                        clock,
                        deadlines,
                        new Ticker(),
                        new GuardedObserver(observer),
                        this::ended);
    }

    /// Serves one request to its one end. Runs on the event loop that read it.
    ///
    /// The answer goes to the decoded caller. The future fails with [ProblemException] when the
    /// request is refused before anything ran, and the door answers; it succeeds once the way to an
    /// engine has begun.
    public Future<Void> serve(Arrival arrival) {
        Context context = Vertx.currentContext();
        Way way = new Way(steps.clock());
        running.incrementAndGet();
        return principal(arrival.credential(), arrival.address(), context)
                .compose(
                        principal -> {
                            way.authenticated();
                            steps.observer().identified(arrival.id(), principal);
                            return arrival.read()
                                    .get()
                                    .compose(
                                            decoded ->
                                                    admit(
                                                            arrival, principal, decoded, way,
                                                            context));
                        })
                .onFailure(
                        cause -> {
                            running.decrementAndGet();
                            steps.observer().refused(arrival.id(), Problems.of(cause));
                        })
                .map(
                        run -> {
                            runs.add(run);
                            steps.observer().admitted(run.model());
                            steps.observer().begun(run.acceptance());
                            run.begin();
                            return null;
                        });
    }

    /// Who stands behind a credential; fails with [ProblemException] when nobody does, or when it
    /// may not be used from this address.
    public Future<Principal> principal(
            @Nullable String credential, String address, Context context) {
        try {
            return resolve(authenticator.identify(credential), address, context);
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    /// A request that has not come to its end.
    ///
    /// @param context the event loop on which its caller lives
    public record Running(Caller caller, Context context) {}

    /// A project's request while it runs in this process.
    public Optional<Running> running(RequestId id, ProjectId project) {
        for (RequestRun run : runs) {
            Acceptance accepted = run.acceptance();
            if (accepted.id().equals(id) && accepted.project().equals(project)) {
                return Optional.of(new Running(run.caller(), run.context()));
            }
        }
        return Optional.empty();
    }

    /// Requests that have not come to their end.
    public int running() {
        return running.get();
    }

    /// Ends every running answer, as this process is about to stop: what was delivered is booked,
    /// and each caller is told.
    public void cutOff() {
        runs.forEach(run -> run.cutOff(new Problem.Draining()));
    }

    private void ended(RequestRun run) {
        if (runs.remove(run)) {
            running.decrementAndGet();
        }
    }

    private Future<RequestRun> admit(
            Arrival arrival,
            Principal principal,
            Arrival.Decoded decoded,
            Way way,
            Context context) {
        return steps.admission()
                .admit(arrival.id(), principal, decoded.request(), decoded.caller().streaming())
                .compose(
                        admitted -> {
                            way.admitted();
                            return accept(arrival, decoded.caller(), admitted, way, context);
                        });
    }

    /// A likely length of the prompt, for show: the bound that money is held by is far above it.
    private static long estimate(Admitted admitted) {
        long likely = Math.max(1, admitted.request().promptBytes() / BYTES_PER_TOKEN);
        return Math.min(admitted.promptBound(), likely);
    }

    /// Writes the admission down; from here on the request ends in one settlement or one release.
    /// Whatever goes wrong on the way there gives money and place back.
    private Future<RequestRun> accept(
            Arrival arrival, Caller caller, Admitted admitted, Way way, Context context) {
        Metered metered = null;
        Acceptance acceptance = null;
        try {
            caller.allowance(admitted.permit().allowance());
            caller.promptTokens(estimate(admitted));
            acceptance = acceptance(arrival, caller, admitted);
            metered = meter.open(acceptance);
            return Future.succeededFuture(
                    new RequestRun(
                            admitted,
                            acceptance,
                            metered,
                            caller,
                            way,
                            steps,
                            context,
                            arrival.bodyDone()));
        } catch (RuntimeException e) {
            Problem problem =
                    e instanceof MeterException
                            ? new Problem.StoreUnavailable(RETRY_AFTER)
                            : Problems.of(e);
            steps.holds().release(admitted.hold());
            admitted.permit().undo();
            if (metered != null && acceptance != null) {
                metered.release(
                        new Release(
                                acceptance, steps.clock().now(), problem.name(), Served.NOWHERE));
            }
            return Future.failedFuture(new ProblemException(problem, e));
        }
    }

    private Acceptance acceptance(Arrival arrival, Caller caller, Admitted admitted) {
        return new Acceptance(
                admitted.id(),
                admitted.principal().organization(),
                admitted.principal().project(),
                admitted.principal().key(),
                admitted.model().id(),
                admitted.request().tier(),
                admitted.hold(),
                admitted.priceVersion().id(),
                arrival.clientRequestId(),
                admitted.admittedAt(),
                caller.streaming(),
                node);
    }

    private Future<Principal> resolve(Identity identity, String address, Context context) {
        return switch (identity) {
            case Identity.Known known ->
                    known.mayComeFrom(address)
                            ? Future.succeededFuture(known.principal())
                            : Future.failedFuture(
                                    new ProblemException(
                                            new Problem.Forbidden(
                                                    "this organization's keys may not be used from "
                                                            + address
                                                            + " (expected: an address of its"
                                                            + " allowlist)")));
            case Identity.Refused(var problem) ->
                    Future.failedFuture(new ProblemException(problem));
            case Identity.Waiting(var later) ->
                    Future.fromCompletionStage(later, context)
                            .compose(known -> resolve(known, address, context));
        };
    }

    /// Counts prompts exactly with whichever replica of the model is ready.
    public static PromptCounter counter(Router router, Engines engines) {
        return request -> {
            Replica.Booking booking = router.any(request.model());
            return booking == null
                    ? Future.failedFuture(
                            new EngineException(
                                    new EngineFailure.Unreachable("no replica is ready")))
                    : engines.of(booking.replica())
                            .countPrompt(request)
                            .onComplete(_ -> booking.close());
        };
    }
}
