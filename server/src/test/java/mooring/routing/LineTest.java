package mooring.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mooring.inference.CacheScope;
import mooring.inference.ServiceTier;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.replicas.SomeReplicas;
import mooring.testing.StepClock;
import org.junit.jupiter.api.Test;

/// Waiting for a place, and going where those alike went.
class LineTest {

    /// What a replica of ten slots takes: those, and the next.
    private static final int PLACES = 12;

    private final StepClock clock = new StepClock();
    private final Replicas replicas = SomeReplicas.ready(1, clock);
    private final Router router = new Router(replicas, clock);
    private final Replica only = replicas.all().getFirst();
    private final List<Replica.Booking> taken = new ArrayList<>();
    private final List<String> served = new ArrayList<>();

    private void fill() {
        while (router.choose(Wish.of(SomeReplicas.MODEL), Set.of())
                instanceof Route.Chosen(var booking)) {
            taken.add(booking);
        }
    }

    private Waiting wait(String name, ServiceTier tier) {
        return router.await(
                new Wish(SomeReplicas.MODEL, tier, null),
                Set.of(),
                route -> served.add(name + " " + route.getClass().getSimpleName()));
    }

    private void freeOne() {
        taken.removeLast().close();
    }

    @Test
    void howLongItTakesIsToldByHowTheLineHasMoved() {
        Duration floor = Duration.ofSeconds(1);
        Duration ceiling = Duration.ofSeconds(30);
        Duration otherwise = Duration.ofSeconds(2);
        fill();
        assertThat(crowd().comeBackAfter(floor, ceiling, otherwise)).isEqualTo(otherwise);
        for (int i = 0; i < 6; i++) {
            wait("w" + i, ServiceTier.STANDARD);
        }
        for (int i = 0; i < 2; i++) {
            clock.pass(Duration.ofSeconds(3));
            freeOne();
        }

        assertThat(crowd().waiting()).isEqualTo(4);
        assertThat(crowd().places()).isEqualTo(80);
        assertThat(crowd().expected()).isEqualTo(Duration.ofSeconds(12));
        clock.pass(Duration.ofSeconds(5));
        assertThat(crowd().expected()).isEqualTo(Duration.ofSeconds(20));
        clock.pass(Duration.ofSeconds(50));
        assertThat(crowd().comeBackAfter(floor, ceiling, otherwise)).isEqualTo(ceiling);
    }

    private Crowd crowd() {
        return router.crowd(SomeReplicas.MODEL);
    }

    @Test
    void aReplicaTakesItsSlotsAndTheNextAndTheRestWaits() {
        fill();

        assertThat(taken).hasSize(PLACES);
        wait("a", ServiceTier.STANDARD);
        assertThat(router.waiting()).isEqualTo(1);
        assertThat(served).isEmpty();

        freeOne();

        assertThat(served).containsExactly("a Chosen");
        assertThat(only.inFlight()).isEqualTo(PLACES);
        assertThat(router.waiting()).isZero();
    }

    @Test
    void priorityGoesFirstAndBatchLast() {
        fill();
        wait("batch", ServiceTier.BATCH);
        wait("standard", ServiceTier.STANDARD);
        wait("priority", ServiceTier.PRIORITY);
        wait("another standard", ServiceTier.STANDARD);

        for (int i = 0; i < 4; i++) {
            freeOne();
        }

        assertThat(served)
                .containsExactly(
                        "priority Chosen",
                        "standard Chosen",
                        "another standard Chosen",
                        "batch Chosen");
    }

    @Test
    void batchIsNotOvertakenForEver() {
        fill();
        wait("batch", ServiceTier.BATCH);
        clock.pass(Duration.ofSeconds(49));
        wait("in time", ServiceTier.STANDARD);
        clock.pass(Duration.ofSeconds(2));
        wait("too late", ServiceTier.STANDARD);
        clock.pass(Duration.ofSeconds(10));
        wait("too late too", ServiceTier.PRIORITY);

        for (int i = 0; i < 4; i++) {
            freeOne();
        }

        assertThat(served)
                .containsExactly(
                        "in time Chosen", "batch Chosen", "too late Chosen", "too late too Chosen");
    }

    @Test
    void aFullLineSendsAwayWhoIsDueLast() {
        fill();
        for (int i = 1; i <= 80; i++) {
            wait("batch " + i, ServiceTier.BATCH);
        }
        wait("one more", ServiceTier.BATCH);
        assertThat(served).containsExactly("one more AllBusy");

        wait("urgent", ServiceTier.PRIORITY);

        assertThat(served).containsExactly("one more AllBusy", "batch 80 AllBusy");
        freeOne();
        assertThat(served).last().isEqualTo("urgent Chosen");
    }

    @Test
    void nobodyOvertakesWhoWaits() {
        fill();
        wait("a", ServiceTier.BATCH);

        assertThat(router.choose(Wish.of(SomeReplicas.MODEL), Set.of()))
                .isInstanceOf(Route.AllBusy.class);
    }

    @Test
    void whoLeavesTheLineIsNotServed() {
        fill();
        Waiting first = wait("first", ServiceTier.STANDARD);
        wait("second", ServiceTier.STANDARD);

        first.leave();
        freeOne();

        assertThat(served).containsExactly("second Chosen");
    }

    @Test
    void whenTheLastReplicaGoesDownAllWhoWaitHearOfIt() {
        fill();
        wait("a", ServiceTier.STANDARD);
        wait("b", ServiceTier.BATCH);

        only.update(new Replica.State.Down("gone"));

        assertThat(served).containsExactly("a NoneReady", "b NoneReady");
        assertThat(router.waiting()).isZero();
    }

    @Test
    void aReplicaThatComesBackServesWhoWaits() {
        Replicas two = SomeReplicas.ready(2, clock);
        Router among = new Router(two, clock);
        two.all().getLast().update(new Replica.State.Down("gone"));
        for (int i = 0; i < PLACES; i++) {
            among.choose(Wish.of(SomeReplicas.MODEL), Set.of());
        }
        among.await(
                Wish.of(SomeReplicas.MODEL),
                Set.of(),
                route -> served.add(((Route.Chosen) route).booking().replica().id()));
        assertThat(served).isEmpty();

        two.all().getLast().update(new Replica.State.Ready());

        assertThat(served).containsExactly("kauri-2");
    }

    @Test
    void nobodyIsForgottenHoweverManyComeAndGoAtOnce() throws Exception {
        AtomicInteger answered = new AtomicInteger();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                all.add(
                        callers.submit(
                                () -> {
                                    comeAndGo();
                                    return answered.incrementAndGet();
                                }));
            }
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        }
        assertThat(answered).hasValue(10_000);
        assertThat(router.waiting()).isZero();
        assertThat(only.inFlight()).isZero();
    }

    private void comeAndGo() throws Exception {
        Route route = router.choose(Wish.of(SomeReplicas.MODEL), Set.of());
        if (route instanceof Route.AllBusy) {
            CompletableFuture<Route> later = new CompletableFuture<>();
            router.await(Wish.of(SomeReplicas.MODEL), Set.of(), later::complete);
            route = later.get(60, TimeUnit.SECONDS);
        }
        if (route instanceof Route.Chosen(var booking)) {
            Thread.startVirtualThread(booking::close).join();
        }
    }

    @Test
    void requestsUnderOneKeyGoToOneReplica() {
        Replicas four = SomeReplicas.ready(4, clock);
        Router among = new Router(four, clock);

        assertThat(goes(among, alike("a", "session"), 5)).hasSize(1);
        Set<String> homes =
                IntStream.range(0, 40)
                        .mapToObj(i -> goes(new Router(four, clock), alike("a", "s" + i), 1))
                        .flatMap(Set::stream)
                        .collect(Collectors.toSet());
        assertThat(homes).hasSize(4);
    }

    @Test
    void aBusyHomeSharesItsWork() {
        Replicas two = SomeReplicas.ready(2, clock);
        Router among = new Router(two, clock);

        goes(among, alike("a", "session"), 20);

        // Half of its slots whatever happens, then a quarter more than its share.
        assertThat(two.all()).extracting(Replica::inFlight).containsExactlyInAnyOrder(12, 8);
    }

    @Test
    void oneKeyOfTwoOrganizationsIsTwoKeys() {
        assertThat(Affinity.of(new CacheScope("a"), "session"))
                .isNotEqualTo(Affinity.of(new CacheScope("b"), "session"));
        assertThat(Affinity.of(new CacheScope("ab"), "c"))
                .isNotEqualTo(Affinity.of(new CacheScope("a"), "bc"));
    }

    private static Wish alike(String scope, String key) {
        return new Wish(
                SomeReplicas.MODEL, ServiceTier.STANDARD, Affinity.of(new CacheScope(scope), key));
    }

    private static Set<String> goes(Router router, Wish wish, int times) {
        List<String> went = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            if (router.choose(wish, Set.of()) instanceof Route.Chosen(var booking)) {
                went.add(booking.replica().id());
            }
        }
        return Set.copyOf(went);
    }
}
