package mooring.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import mooring.idempotency.Digest;
import mooring.idempotency.KeptAnswers;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyClaimsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final RequestId REQUEST = new RequestId(new UUID(0, 7));
    private static final KeptAnswers.Question QUESTION =
            new KeptAnswers.Question(
                    new OrganizationId(new UUID(0, 1)),
                    new ProjectId(new UUID(0, 2)),
                    Digest.of("key"),
                    Digest.of("question"));

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterAll
    void close() {
        threads.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void aReleaseThatWasLostIsMadeAsSoonAsTheStoreIsBackAndOnce() throws InterruptedException {
        Store store = new Store();
        KeyClaims claims = new KeyClaims(store, threads);
        claims.begin(REQUEST);
        store.away = true;
        CountDownLatch answered = new CountDownLatch(1);

        claims.release(context, QUESTION, REQUEST, answered::countDown);
        answered.await();
        claims.renew();
        assertThat(store.released).isEmpty();

        store.away = false;
        claims.renew();
        claims.renew();
        assertThat(store.released).containsExactly(REQUEST);
        // Nothing runs any more, so nothing is said to.
        assertThat(store.renewed).isEmpty();
    }

    @Test
    void aClaimWhoseAnswerMayBeChargedIsNeitherRenewedNorReleased() {
        Store store = new Store();
        KeyClaims claims = new KeyClaims(store, threads);
        claims.begin(REQUEST);
        claims.leave(REQUEST);
        claims.renew();

        assertThat(store.renewed).isEmpty();
        assertThat(store.released).isEmpty();
    }

    @Test
    void aClaimOfWhichNobodyHeardIsGivenUp() {
        Store store = new Store();
        KeyClaims claims = new KeyClaims(store, threads);
        store.away = true;
        var asked = claims.claim(context, QUESTION, REQUEST);
        Await.until("it fails", SOON, asked::failed);

        store.away = false;
        claims.renew();

        assertThat(store.released).containsExactly(REQUEST);
    }

    private static final class Store implements KeptAnswers {

        private final List<RequestId> released = new CopyOnWriteArrayList<>();
        private final List<RequestId> renewed = new CopyOnWriteArrayList<>();
        private volatile boolean away;

        private void here() {
            if (away) {
                throw new IllegalStateException("the store is away");
            }
        }

        @Override
        public Known claim(Question question, RequestId request) {
            here();
            return new Known.Claimed();
        }

        @Override
        public void renew(Collection<RequestId> requests) {
            here();
            renewed.addAll(requests);
        }

        @Override
        public void keep(Question question, Answer answer) {
            here();
        }

        @Override
        public void doNotKeep(Question question, RequestId request, boolean tooLarge) {
            here();
        }

        @Override
        public void release(Question question, RequestId request) {
            here();
            released.add(request);
        }
    }
}
