package mooring.api;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import mooring.idempotency.KeptAnswers;
import mooring.idempotency.KeptAnswers.Known;
import mooring.idempotency.KeptAnswers.Question;
import mooring.ids.RequestId;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The claims on keys that requests of this node have: taken before anything runs, renewed while it
/// runs, and given up with what became of it.
///
/// A claim that could not be given up because the store was away is given up as soon as it is back.
final class KeyClaims {

    private static final Logger LOG = LoggerFactory.getLogger(KeyClaims.class);

    /// Calls of the store at a time.
    private static final int MAX_CALLS = 64;

    /// Requests with a key that wait for their claim.
    private static final int MAX_WAITING = 2_048;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /// Releases that are owed to the store; beyond, a claim ends by itself.
    private static final int MAX_OWED = 10_000;

    /// Tries to release a claim, one at each renewal: for an hour.
    private static final int MAX_TRIES = 360;

    private final KeptAnswers answers;
    private final BlockingCalls calls;
    private final Set<RequestId> running = ConcurrentHashMap.newKeySet();
    private final Map<RequestId, Owed> owed = new ConcurrentHashMap<>();

    private record Owed(Question question, int tries) {}

    KeyClaims(KeptAnswers answers, Executor blocking) {
        this.answers = answers;
        this.calls =
                new BlockingCalls(
                        "looking after as many idempotency keys",
                        blocking,
                        MAX_CALLS,
                        MAX_WAITING,
                        LONGEST_WAIT);
    }

    /// Looks, and claims what nobody has answered.
    Future<Known> claim(Context context, Question question, RequestId request) {
        return calls.call(
                context,
                () -> {
                    try {
                        return answers.claim(question, request);
                    } catch (RuntimeException e) {
                        // It may have been made all the same, with nobody who would end it.
                        owe(question, request, 1);
                        throw e;
                    }
                });
    }

    /// From now on the claim is renewed, until it ends.
    void begin(RequestId request) {
        running.add(request);
    }

    /// Puts an answer on record, then lets it leave, whether that worked or not: it is charged.
    ///
    /// @param answer null for one that cannot be kept
    void keep(
            Context context,
            Question question,
            RequestId request,
            KeptAnswers.@Nullable Answer answer,
            boolean tooLarge,
            Runnable leave) {
        end(
                context,
                request,
                () -> {
                    if (answer == null) {
                        answers.doNotKeep(question, request, tooLarge);
                    } else {
                        answers.keep(question, answer);
                    }
                },
                () -> {},
                leave);
    }

    /// Frees a key whose request cost nothing, then answers.
    void release(Context context, Question question, RequestId request, Runnable leave) {
        end(
                context,
                request,
                () -> answers.release(question, request),
                () -> owe(question, request, 1),
                leave);
    }

    /// Renews a claim no longer, and leaves it: it ends by what the books say of its request.
    void leave(RequestId request) {
        running.remove(request);
    }

    private void end(
            Context context, RequestId request, Runnable store, Runnable ifLost, Runnable leave) {
        calls.promised(
                        context,
                        () -> {
                            store.run();
                            return true;
                        })
                .onComplete(
                        done -> {
                            running.remove(request);
                            if (done.failed()) {
                                LOG.warn(
                                        "{}: its Idempotency-Key could not be ended: {}",
                                        request,
                                        String.valueOf(done.cause()));
                                ifLost.run();
                            }
                            leave.run();
                        });
    }

    private void owe(Question question, RequestId request, int tries) {
        if (tries <= MAX_TRIES && owed.size() < MAX_OWED) {
            owed.put(request, new Owed(question, tries));
        }
    }

    /// Says that what runs here still runs, and ends what could not be ended before. Blocking;
    /// called every ten seconds.
    void renew() {
        try {
            answers.renew(Set.copyOf(running));
        } catch (RuntimeException e) {
            LOG.warn("keys of running requests could not be renewed: {}", e.toString());
        }
        for (RequestId request : Set.copyOf(owed.keySet())) {
            Owed left = owed.remove(request);
            if (left == null) {
                continue;
            }
            try {
                answers.release(left.question(), request);
            } catch (RuntimeException e) {
                owe(left.question(), request, left.tries() + 1);
                LOG.warn("{} keys are still to be released: {}", owed.size(), e.toString());
                return;
            }
        }
    }
}
