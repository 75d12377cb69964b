package mooring.api;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import mooring.accounts.Principal;
import mooring.gateway.Arrival;
import mooring.gateway.Gateway;
import mooring.http.Exchange;
import mooring.idempotency.Digest;
import mooring.idempotency.KeptAnswers;
import mooring.idempotency.KeptAnswers.Known;
import mooring.idempotency.KeptAnswers.Question;
import mooring.ids.RequestId;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.relay.Problems;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers that may be asked for again: a request with `Idempotency-Key` runs and is charged once,
/// and every repeat of it gets the same answer, for a day. Others pass through untouched.
///
/// The row of the key is claimed before anything runs, on whichever node; the copy is on record
/// before the answer's last bytes leave. A caller who goes away does not end a request with a key:
/// whoever asks again gets it whole.
public final class KeyedCalls {

    private static final Logger LOG = LoggerFactory.getLogger(KeyedCalls.class);

    private static final String HEADER = "idempotency-key";
    private static final int MAX_KEY_CHARS = 255;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /// Calls of the store at a time; beyond, callers are told to come back.
    private static final int MAX_CALLS = 64;

    /// What all copies in the making may take of the memory; beyond, an answer is not kept.
    static final long MAX_COPIED_BYTES = 64L * 1024 * 1024;

    private final Gateway gateway;
    private final KeptAnswers answers;
    private final Executor blocking;
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final AtomicLong copiedBytes = new AtomicLong();
    private final Set<RequestId> running = ConcurrentHashMap.newKeySet();

    /// @param blocking runs what asks the store, on threads that may block
    public KeyedCalls(Gateway gateway, KeptAnswers answers, Executor blocking) {
        this.gateway = gateway;
        this.answers = answers;
        this.blocking = blocking;
    }

    /// Serves a request of either kind.
    ///
    /// @param body reads it
    /// @param decode makes a request of it, and says who writes the answer
    /// @param refuse answers with a problem, in the door's dialect
    public void serve(
            Exchange exchange,
            Supplier<Future<Buffer>> body,
            Function<Buffer, Future<Arrival.Decoded>> decode,
            Consumer<Problem> refuse) {
        String key = exchange.request().getHeader(HEADER);
        if (key == null) {
            gateway.serve(arrival(exchange, () -> body.get().compose(decode)))
                    .onFailure(cause -> refuse.accept(Problems.of(cause)));
            return;
        }
        if (!key.matches("[\\x21-\\x7e]([\\x20-\\x7e]{0,253}[\\x21-\\x7e])?")) {
            refuse.accept(
                    new Problem.InvalidRequest(
                            "Idempotency-Key",
                            "Idempotency-Key: "
                                    + key.length()
                                    + " characters (expected: 1.."
                                    + MAX_KEY_CHARS
                                    + " printable ASCII characters)"));
            return;
        }
        gateway.principal(exchange.bearer(), exchange.context())
                .compose(
                        principal ->
                                body.get()
                                        .compose(
                                                bytes ->
                                                        claim(
                                                                exchange, principal, key, bytes,
                                                                decode, refuse)))
                .onFailure(cause -> refuse.accept(Problems.of(cause)));
    }

    private Arrival arrival(Exchange exchange, Supplier<Future<Arrival.Decoded>> read) {
        return new Arrival(
                exchange.id(),
                exchange.bearer(),
                exchange.clientRequestId(),
                read,
                exchange::bodyDone);
    }

    private Future<Void> claim(
            Exchange exchange,
            Principal principal,
            String key,
            Buffer body,
            Function<Buffer, Future<Arrival.Decoded>> decode,
            Consumer<Problem> refuse) {
        Question question =
                new Question(
                        principal.organization(),
                        principal.project(),
                        Digest.of(key),
                        Digest.of(exchange.request().path(), body.getBytes()));
        return later(exchange.context(), () -> answers.claim(question, exchange.id()))
                .compose(
                        known ->
                                switch (known) {
                                    case Known.Claimed _ -> {
                                        run(exchange, question, body, decode, refuse);
                                        yield Future.succeededFuture();
                                    }
                                    case Known.Kept(KeptAnswers.Answer answer) -> {
                                        replay(exchange, answer);
                                        yield Future.succeededFuture();
                                    }
                                    case Known.Running(RequestId first) ->
                                            refused(
                                                    new Problem.StillRunning(
                                                            first.toString(), RETRY_AFTER));
                                    case Known.Other _ ->
                                            refused(
                                                    new Problem.Conflict(
                                                            "Idempotency-Key: this key was used"
                                                                    + " for another request (expected:"
                                                                    + " the same path and body to the"
                                                                    + " byte, or a new key)"));
                                    case Known.NotKept(RequestId first, boolean tooLarge) ->
                                            refused(
                                                    new Problem.Conflict(
                                                            "Idempotency-Key: the request "
                                                                    + first
                                                                    + " with this key was answered"
                                                                    + " and charged, and its"
                                                                    + " answer was not kept"
                                                                    + (tooLarge
                                                                            ? ", being larger than"
                                                                                    + " 4 MiB"
                                                                            : "")
                                                                    + " (expected: a new key to"
                                                                    + " ask again)"));
                                });
    }

    private void run(
            Exchange exchange,
            Question question,
            Buffer body,
            Function<Buffer, Future<Arrival.Decoded>> decode,
            Consumer<Problem> refuse) {
        running.add(exchange.id());
        gateway.serve(
                        arrival(
                                exchange,
                                () ->
                                        decode.apply(body)
                                                .map(
                                                        read ->
                                                                new Arrival.Decoded(
                                                                        read.request(),
                                                                        new KeyedCaller(
                                                                                read.caller(),
                                                                                exchange,
                                                                                this,
                                                                                question)))))
                .onFailure(
                        cause -> {
                            exchange.record(null);
                            release(exchange, question, () -> refuse.accept(Problems.of(cause)));
                        });
    }

    /// The answer as it was, free of charge.
    private static void replay(Exchange exchange, KeptAnswers.Answer answer) {
        HttpServerResponse response = exchange.response();
        if (!response.headWritten() && !response.closed()) {
            response.setStatusCode(200)
                    .putHeader("content-type", answer.contentType())
                    .putHeader("cache-control", "no-cache")
                    .putHeader("idempotent-replayed", "true")
                    .putHeader("idempotent-request-id", answer.request().toString())
                    .end(answer.body());
        }
    }

    /// Sets memory aside for a copy; false when there is no more.
    boolean copies(long bytes) {
        if (copiedBytes.addAndGet(bytes) > MAX_COPIED_BYTES) {
            copiedBytes.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void copied(long bytes) {
        copiedBytes.addAndGet(-bytes);
    }

    /// Puts an answer on record, then lets it leave, whether that worked or not: it is charged.
    ///
    /// @param answer null for one that cannot be kept
    void keep(
            Exchange exchange,
            Question question,
            KeptAnswers.@Nullable Answer answer,
            boolean tooLarge,
            Runnable leave) {
        after(
                exchange,
                () -> {
                    if (answer == null) {
                        answers.doNotKeep(question, exchange.id(), tooLarge);
                    } else {
                        answers.keep(question, answer);
                    }
                },
                leave);
    }

    /// Frees a key whose request cost nothing, then answers.
    void release(Exchange exchange, Question question, Runnable leave) {
        after(exchange, () -> answers.release(question, exchange.id()), leave);
    }

    private void after(Exchange exchange, Runnable store, Runnable leave) {
        later(
                        exchange.context(),
                        () -> {
                            store.run();
                            return true;
                        })
                .onComplete(
                        done -> {
                            running.remove(exchange.id());
                            if (done.failed()) {
                                LOG.warn(
                                        "{}: its Idempotency-Key could not be ended: {}",
                                        exchange.id(),
                                        String.valueOf(done.cause()));
                            }
                            leave.run();
                        });
    }

    private <T> Future<T> later(Context context, Supplier<T> call) {
        if (!calls.tryAcquire()) {
            return refused(new Problem.StoreUnavailable(RETRY_AFTER));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            blocking.execute(
                    () -> {
                        try {
                            answer.complete(call.get());
                        } catch (ProblemException e) {
                            answer.completeExceptionally(e);
                        } catch (RuntimeException | Error e) {
                            LOG.warn("kept answers: {}", e.toString());
                            answer.completeExceptionally(
                                    new ProblemException(
                                            new Problem.StoreUnavailable(RETRY_AFTER), e));
                        }
                    });
        } catch (RejectedExecutionException _) {
            answer.completeExceptionally(new ProblemException(new Problem.Draining()));
        }
        return Future.fromCompletionStage(answer, context).onComplete(_ -> calls.release());
    }

    private static <T> Future<T> refused(Problem problem) {
        return Future.failedFuture(new ProblemException(problem));
    }

    /// Says that what runs here still runs. Blocking; called every ten seconds.
    public void renew() {
        try {
            answers.renew(Set.copyOf(running));
        } catch (RuntimeException e) {
            LOG.warn("keys of running requests could not be renewed: {}", e.toString());
        }
    }
}
