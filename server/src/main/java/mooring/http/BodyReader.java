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

/// Reads a body whole, within a size (counted after decompression) and a time.
final class BodyReader {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /// How long a sender who is refused midway may go on sending before the connection is closed:
    /// most clients read an answer only after they have sent everything.
    private static final Duration DISCARD_FOR = Duration.ofSeconds(5);

    /// A body's memory grows with what arrives: what a sender announces costs nothing yet.
    private static final int INITIAL_BYTES = 4 * 1024;

    private BodyReader() {}

    /// @param budget the share that the body needs must be there before it is read
    /// @param taken told the share, to be given back once the body is done with
    static Future<Buffer> read(
            HttpServerRequest request,
            Context context,
            long limitBytes,
            ByteBudget budget,
            Consumer<ByteBudget.Share> taken) {
        Inflater inflater;
        try {
            inflater = Inflater.of(request.getHeader("content-encoding"));
        } catch (ProblemException e) {
            return Future.failedFuture(e);
        }
        long announced = announcedBytes(request);
        if (announced > limitBytes) {
            return Future.failedFuture(new ProblemException(new Problem.BodyTooLarge(limitBytes)));
        }
        // Who does not say how much comes may send as much as there may be.
        return budget.take(announced < 0 ? limitBytes : announced, context)
                .compose(
                        share -> {
                            taken.accept(share);
                            return readNow(request, context, limitBytes, inflater);
                        });
    }

    private static Future<Buffer> readNow(
            HttpServerRequest request,
            Context context,
            long limitBytes,
            @Nullable Inflater inflater) {
        if (request.response().closed()) {
            // Nobody would tell a handler that is set only now.
            return Future.failedFuture(
                    new ProblemException(
                            new Problem.InvalidRequest(null, "the body broke off: left")));
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            request.response().writeContinue();
        }
        Promise<Buffer> whole = Promise.promise();
        Buffer body = Buffer.buffer(INITIAL_BYTES);
        long deadline =
                context.owner()
                        .setTimer(
                                DEADLINE.toMillis(),
                                _ ->
                                        whole.tryFail(
                                                new ProblemException(
                                                        new Problem.RequestTimeout(DEADLINE))));
        Consumer<Buffer> add =
                part -> {
                    if (body.length() + part.length() > limitBytes) {
                        throw new ProblemException(new Problem.BodyTooLarge(limitBytes));
                    }
                    body.appendBuffer(part);
                };
        request.handler(
                part -> {
                    if (whole.future().isComplete()) {
                        return;
                    }
                    try {
                        if (inflater == null) {
                            add.accept(part);
                        } else {
                            inflater.unpack(part, add);
                        }
                    } catch (ProblemException e) {
                        whole.tryFail(e);
                    }
                });
        request.endHandler(_ -> whole.tryComplete(body));
        request.exceptionHandler(
                cause ->
                        whole.tryFail(
                                new ProblemException(
                                        new Problem.InvalidRequest(
                                                null,
                                                "the body broke off: " + cause.getMessage()))));
        request.resume();
        return whole.future()
                .onComplete(
                        _ -> {
                            context.owner().cancelTimer(deadline);
                            if (inflater != null) {
                                inflater.close();
                            }
                        });
    }

    /// Answers while the sender is still sending: the rest is discarded for a while, so that a
    /// client which writes everything first still gets to read the answer.
    static void answerBeforeEnd(HttpServerRequest request, Context context, Buffer answer) {
        request.response().putHeader("connection", "close");
        request.handler(_ -> {});
        request.exceptionHandler(_ -> {});
        request.endHandler(_ -> {});
        request.resume();
        request.response().putHeader("content-length", Integer.toString(answer.length()));
        request.response().write(answer);
        long giveUp =
                context.owner().setTimer(DISCARD_FOR.toMillis(), _ -> request.connection().close());
        request.end()
                .onComplete(
                        _ -> {
                            context.owner().cancelTimer(giveUp);
                            request.response().end().onComplete(_ -> request.connection().close());
                        });
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
