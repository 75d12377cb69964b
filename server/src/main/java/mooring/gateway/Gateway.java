package mooring.gateway;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.accounts.Principal;
import mooring.admission.Admission;
import mooring.admission.PromptCounter;
import mooring.auth.Authenticator;
import mooring.auth.Identity;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.Engines;
import mooring.ledger.Holds;
import mooring.ledger.NodeEpoch;
import mooring.metering.Settlements;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.relay.Deadlines;
import mooring.relay.Problems;
import mooring.replicas.Replica;
import mooring.routing.Route;
import mooring.routing.Router;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The whole way of a request: who is it, may they, where does it run, bring it back, book it.
public final class Gateway {

    private final NodeEpoch node;
    private final Authenticator authenticator;
    private final Admission admission;
    private final Router router;
    private final Engines engines;
    private final Holds holds;
    private final Settlements settlements;
    private final Clock clock;
    private final Deadlines deadlines;
    private final Observer observer;
    private final AtomicInteger running = new AtomicInteger();
    private final Set<RequestRun> runs = ConcurrentHashMap.newKeySet();

    public Gateway(
            NodeEpoch node,
            Authenticator authenticator,
            Admission admission,
            Router router,
            Engines engines,
            Holds holds,
            Settlements settlements,
            Clock clock,
            Deadlines deadlines,
            Observer observer) {
        this.node = node;
        this.authenticator = authenticator;
        this.admission = admission;
        this.router = router;
        this.engines = engines;
        this.holds = holds;
        this.settlements = settlements;
        this.clock = clock;
        this.deadlines = deadlines;
        this.observer = observer;
    }

    /// Serves one request to its one end. Runs on the event loop that read it.
    ///
    /// The answer goes to the decoded caller. The future fails with [ProblemException] when the
    /// request is refused before anything ran, and the door answers; it succeeds once the way to an
    /// engine has begun.
    public Future<Void> serve(Arrival arrival) {
        Context context = Vertx.currentContext();
        running.incrementAndGet();
        return principal(arrival.credential(), context)
                .compose(
                        principal ->
                                arrival.read()
                                        .get()
                                        .compose(decoded -> admit(arrival, principal, decoded)))
                .onFailure(
                        cause -> {
                            running.decrementAndGet();
                            observer.refused(Problems.of(cause));
                        })
                .map(
                        run -> {
                            observer.admitted(run.model());
                            runs.add(run);
                            run.begin(context);
                            return null;
                        });
    }

    /// Who stands behind a credential; fails with [ProblemException] when nobody does.
    public Future<Principal> principal(@Nullable String credential, Context context) {
        return resolve(authenticator.identify(credential), context);
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
            Arrival arrival, Principal principal, Arrival.Decoded decoded) {
        return admission
                .admit(arrival.id(), principal, decoded.request(), decoded.caller().streaming())
                .map(
                        admitted ->
                                new RequestRun(
                                        admitted,
                                        arrival.clientRequestId(),
                                        decoded.caller(),
                                        new RequestRun.Steps(
                                                node,
                                                admission,
                                                router,
                                                engines,
                                                holds,
                                                settlements,
                                                clock,
                                                deadlines,
                                                observer,
                                                this::ended)));
    }

    private Future<Principal> resolve(Identity identity, Context context) {
        return switch (identity) {
            case Identity.Known(Principal principal) -> Future.succeededFuture(principal);
            case Identity.Refused(var problem) ->
                    Future.failedFuture(new ProblemException(problem));
            case Identity.Waiting(var later) ->
                    Future.fromCompletionStage(later, context)
                            .compose(known -> resolve(known, context));
        };
    }

    /// Counts prompts exactly with whichever replica of the model is ready.
    public static PromptCounter counter(Router router, Engines engines) {
        return request ->
                switch (router.choose(request.model(), Set.of())) {
                    case Route.Chosen(Replica.Booking booking) ->
                            engines.of(booking.replica())
                                    .countPrompt(request)
                                    .onComplete(_ -> booking.close());
                    case Route.NoneReady _, Route.AllBusy _ ->
                            Future.failedFuture(
                                    new EngineException(
                                            new EngineFailure.Unreachable("no replica is free")));
                };
    }
}
