package mooring.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.function.Consumer;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Reads a body whole, within a size (counted after decompression), a time, and the budget that all
/// bodies share.
final class BodyReader {

    /// HTTP/2's code for a stream that is ended without blame.
    private static final long NO_ERROR = 0;

    private static final long NO_TIMER = -1;

    private final HttpServerRequest request;
    private final Context context;
    private final BodyBounds bounds;
    private final @Nullable Inflater inflater;
    private final ByteBudget.Share share;
    private final Promise<Buffer> whole = Promise.promise();

    private final Gathered body;

    private long allotted;
    private long timer = NO_TIMER;

    private BodyReader(
            HttpServerRequest request,
            Context context,
            BodyBounds bounds,
            @Nullable Inflater inflater,
            ByteBudget.Share share,
            long announced,
            long allotted) {
        this.request = request;
        this.context = context;
        this.bounds = bounds;
        this.inflater = inflater;
        this.share = share;
        this.allotted = allotted;
        this.body = new Gathered(announced);
    }

    /// @param taken told the share of the budget, to be given back once the body is done with
    static Future<Buffer> read(
            HttpServerRequest request,
            Context context,
            BodyBounds bounds,
            Consumer<ByteBudget.Share> taken) {
        Inflater inflater;
        try {
            inflater = Inflater.of(request.getHeader("content-encoding"));
        } catch (ProblemException e) {
            return Future.failedFuture(e);
        }
        long announced = announcedBytes(request);
        if (announced > bounds.limitBytes()) {
            return Future.failedFuture(
                    new ProblemException(new Problem.BodyTooLarge(bounds.limitBytes())));
        }
        // Who does not say how much comes asks for more as it comes.
        long first = Math.max(announced, ByteBudget.SMALL_BYTES);
        return bounds.budget()
                .take(first, context)
                .compose(
                        share -> {
                            taken.accept(share);
                            return new BodyReader(
                                            request, context, bounds, inflater, share, announced,
                                            first)
                                    .read();
                        });
    }

    private Future<Buffer> read() {
        if (request.response().closed()) {
            // Nobody would tell a handler that is set only now.
            return Future.failedFuture(brokeOff("left"));
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            request.response().writeContinue();
        }
        request.handler(this::part);
        request.endHandler(_ -> end());
        request.exceptionHandler(
                cause -> whole.tryFail(brokeOff(String.valueOf(cause.getMessage()))));
        request.resume();
        if (whole.future().isComplete()) {
            // Most bodies have come with their head.
            close();
            return whole.future();
        }
        // What comes within this turn of the loop needs no timer, which costs more than the turn.
        context.runOnContext(_ -> startClock());
        return whole.future()
                .onComplete(
                        _ -> {
                            if (timer != NO_TIMER) {
                                context.owner().cancelTimer(timer);
                            }
                            close();
                        });
    }

    private void startClock() {
        if (!whole.future().isComplete()) {
            Duration deadline = bounds.deadline();
            timer =
                    context.owner()
                            .setTimer(
                                    deadline.toMillis(),
                                    _ ->
                                            whole.tryFail(
                                                    new ProblemException(
                                                            new Problem.RequestTimeout(deadline))));
        }
    }

    private void close() {
        if (inflater != null) {
            inflater.close();
        }
    }

    /// The request lives as long as its answer: its handlers, and with them the body, need not.
    private void end() {
        request.handler(null);
        request.endHandler(null);
        request.exceptionHandler(null);
        if (!whole.future().isComplete()) {
            whole.complete(body.take());
        }
    }

    private void part(Buffer part) {
        if (whole.future().isComplete()) {
            return;
        }
        try {
            if (inflater == null) {
                add(part);
            } else {
                inflater.unpack(part, this::add);
            }
        } catch (ProblemException e) {
            whole.tryFail(e);
            return;
        }
        if (body.length() > allotted) {
            growShare();
        }
    }

    private void add(Buffer part) {
        if (body.length() + part.length() > bounds.limitBytes()) {
            throw new ProblemException(new Problem.BodyTooLarge(bounds.limitBytes()));
        }
        body.add(part);
    }

    /// Doubles what may be read; until there is room in the budget the socket waits.
    private void growShare() {
        long more = Math.min(2L * body.length(), bounds.limitBytes()) - allotted;
        allotted += more;
        request.pause();
        bounds.budget()
                .grow(share, more, context)
                .onSuccess(_ -> request.resume())
                .onFailure(whole::tryFail);
    }

    private static ProblemException brokeOff(String how) {
        return new ProblemException(new Problem.InvalidRequest(null, "the body broke off: " + how));
    }

    /// Answers while the sender is still sending: the rest is discarded in turn, so that a client
    /// which writes everything first still gets to read the answer.
    static void answerBeforeEnd(
            HttpServerRequest request, Context context, Buffer answer, Discards discards) {
        request.pause();
        request.handler(_ -> {});
        request.exceptionHandler(_ -> {});
        request.endHandler(_ -> {});
        if (Exchange.http2(request)) {
            // Only this stream is in doubt; the others of the connection go on.
            request.response().end(answer);
            discards.discard(
                    request,
                    context,
                    announcedBytes(request),
                    () -> {},
                    () -> request.response().reset(NO_ERROR));
            return;
        }
        request.response().putHeader("connection", "close");
        request.response().putHeader("content-length", Integer.toString(answer.length()));
        request.response().write(answer);
        discards.discard(
                request,
                context,
                announcedBytes(request),
                () -> request.response().end().onComplete(_ -> request.connection().close()),
                () -> request.connection().close());
    }

    private static long announcedBytes(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        if (length == null || request.getHeader("content-encoding") != null) {
            return -1;
        }
        try {
            return Long.parseLong(length);
        } catch (NumberFormatException _) {
            return -1;
        }
    }
}
