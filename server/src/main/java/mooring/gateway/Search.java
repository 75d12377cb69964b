package mooring.gateway;

import io.vertx.core.Context;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import mooring.admission.Admitted;
import mooring.problem.Problem;
import mooring.relay.Relay;
import mooring.replicas.Replica;
import mooring.routing.Affinity;
import mooring.routing.Crowd;
import mooring.routing.Route;
import mooring.routing.Router;
import mooring.routing.Waiting;
import mooring.routing.Wish;
import org.jspecify.annotations.Nullable;

/// One request's search for a replica: there is a place at once, or it waits for one, at most as
/// long as a replica may take to its first content. On the request's event loop.
final class Search {

    /// Where nothing is known of how long it takes.
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private static final Duration SOONEST_RETRY = Duration.ofSeconds(1);
    private static final Duration LATEST_RETRY = Duration.ofSeconds(30);

    private final Router router;
    private final Wish wish;
    private final Duration longestWait;
    private final Context context;
    private final Relay relay;
    private @Nullable Waiting waiting;
    private long timer;

    Search(Admitted admitted, RequestRun.Steps steps, Context context, Relay relay) {
        this.router = steps.router();
        String cacheKey = admitted.request().cacheKey();
        this.wish =
                new Wish(
                        admitted.model().id(),
                        admitted.request().tier(),
                        cacheKey == null
                                ? null
                                : Affinity.of(admitted.principal().cacheScope(), cacheKey));
        this.longestWait = steps.deadlines().firstContent();
        this.context = context;
        this.relay = relay;
    }

    /// Goes on with the replica that was found; where there is none, the caller hears of that.
    ///
    /// @param tried replicas that failed this request before
    /// @param mayWait whether a place is worth waiting for
    void next(Set<Replica> tried, boolean mayWait, Consumer<Replica.Booking> then) {
        switch (router.choose(wish, tried)) {
            case Route.Chosen(Replica.Booking chosen) -> then.accept(chosen);
            case Route.NoneReady _ -> relay.refuse(noneReady());
            case Route.AllBusy _ -> {
                if (mayWait) {
                    await(tried, then);
                } else {
                    busy();
                }
            }
        }
    }

    /// A replica that has a place now; null when none has.
    Replica.@Nullable Booking atOnce(Set<Replica> tried) {
        return router.choose(wish, tried) instanceof Route.Chosen(Replica.Booking chosen)
                ? chosen
                : null;
    }

    private void await(Set<Replica> tried, Consumer<Replica.Booking> then) {
        timer = context.owner().setTimer(Math.max(1, longestWait.toMillis()), _ -> busy());
        waiting =
                router.await(wish, tried, route -> context.runOnContext(_ -> waited(route, then)));
    }

    private void waited(Route route, Consumer<Replica.Booking> then) {
        leave();
        switch (route) {
            case Route.Chosen(Replica.Booking chosen) -> {
                // The caller may have left at this very moment.
                if (relay.over()) {
                    chosen.close();
                } else {
                    then.accept(chosen);
                }
            }
            case Route.NoneReady _ -> relay.refuse(noneReady());
            case Route.AllBusy _ -> busy();
        }
    }

    /// Waits no longer. Harmless when it does not.
    void leave() {
        if (waiting != null) {
            waiting.leave();
            waiting = null;
            context.owner().cancelTimer(timer);
        }
    }

    private void busy() {
        Crowd crowd = router.crowd(wish.model());
        relay.refuse(
                new Problem.EngineOverloaded(
                        crowd.places(),
                        crowd.waiting(),
                        crowd.comeBackAfter(SOONEST_RETRY, LATEST_RETRY, RETRY_AFTER)));
    }

    Problem noneReady() {
        return new Problem.EngineUnavailable(wish.model().text(), RETRY_AFTER);
    }
}
