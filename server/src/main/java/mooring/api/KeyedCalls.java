package mooring.api;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.concurrent.Executor;
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

/// Answers that may be asked for again: a request with `Idempotency-Key` runs and is charged once,
/// and every repeat of it gets the same answer, for a day. Others pass through untouched.
///
/// The row of the key is claimed before anything runs, on whichever node; the copy is on record
/// before the answer's last bytes leave. A caller who goes away does not end a request with a key:
/// whoever asks again gets it whole.
public final class KeyedCalls {

    private static final String HEADER = "idempotency-key";
    private static final int MAX_KEY_CHARS = 255;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /// What all copies in the making may take of the memory; beyond, an answer is not kept.
    static final long MAX_COPIED_BYTES = 64L * 1024 * 1024;

    private final Gateway gateway;
    private final LargeBodies bodies;
    private final KeyClaims claims;
    private final AtomicLong copiedBytes = new AtomicLong();

    /// @param blocking runs what asks the store, on threads that may block
    public KeyedCalls(Gateway gateway, LargeBodies bodies, KeptAnswers answers, Executor blocking) {
        this.gateway = gateway;
        this.bodies = bodies;
        this.claims = new KeyClaims(answers, blocking);
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
        gateway.principal(exchange.bearer(), exchange.address(), exchange.context())
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
                exchange.address(),
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
        return bodies.decode(
                        body,
                        () ->
                                new Question(
                                        principal.organization(),
                                        principal.project(),
                                        Digest.of(key),
                                        fingerprint(exchange.request().path(), body)))
                .compose(
                        question ->
                                claims.claim(exchange.context(), question, exchange.id())
                                        .compose(
                                                known ->
                                                        known(
                                                                exchange, question, known, body,
                                                                decode, refuse)));
    }

    /// Of a large body on a worker: it takes tens of milliseconds.
    private static Digest fingerprint(@Nullable String path, Buffer body) {
        return Digest.of(path == null ? "" : path, body.getBytes());
    }

    private Future<Void> known(
            Exchange exchange,
            Question question,
            Known known,
            Buffer body,
            Function<Buffer, Future<Arrival.Decoded>> decode,
            Consumer<Problem> refuse) {
        return switch (known) {
            case Known.Claimed _ -> {
                run(exchange, question, body, decode, refuse);
                yield Future.succeededFuture();
            }
            case Known.Kept(KeptAnswers.Answer answer) -> {
                replay(exchange, answer);
                yield Future.succeededFuture();
            }
            case Known.Running(RequestId first) ->
                    refused(new Problem.StillRunning(first.toString(), RETRY_AFTER));
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
                                            + (tooLarge ? ", being larger than" + " 4 MiB" : "")
                                            + " (expected: a new key to"
                                            + " ask again)"));
        };
    }

    private void run(
            Exchange exchange,
            Question question,
            Buffer body,
            Function<Buffer, Future<Arrival.Decoded>> decode,
            Consumer<Problem> refuse) {
        claims.begin(exchange.id());
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
                            claims.release(
                                    exchange.context(),
                                    question,
                                    exchange.id(),
                                    () -> refuse.accept(Problems.of(cause)));
                        });
    }

    /// The answer as it was, free of charge.
    private static void replay(Exchange exchange, KeptAnswers.Answer answer) {
        HttpServerResponse response = exchange.response();
        if (!response.headWritten() && !response.closed()) {
            response.setStatusCode(200)
                    .putHeader("content-type", answer.contentType())
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

    KeyClaims claims() {
        return claims;
    }

    private static <T> Future<T> refused(Problem problem) {
        return Future.failedFuture(new ProblemException(problem));
    }

    /// Says that what runs here still runs. Blocking; called every ten seconds.
    public void renew() {
        claims.renew();
    }
}
