package mooring.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Reads a body whole, within a size (counted after decompression) and a time.
final class BodyReader {

    private static final Duration DEADLINE = Duration.ofSeconds(60);

    /// How long a sender who is refused midway may go on sending before the connection is closed:
    /// most clients read an answer only after they have sent everything.
    private static final Duration DISCARD_FOR = Duration.ofSeconds(5);

    /// A body's memory grows with what arrives: what a sender announces costs nothing yet.
    private static final int INITIAL_BYTES = 4 * 1024;

    private BodyReader() {}

    static Future<Buffer> read(HttpServerRequest request, Context context, long limitBytes) {
        long announced = announcedBytes(request);
        if (announced > limitBytes) {
            return Future.failedFuture(new ProblemException(new Problem.BodyTooLarge(limitBytes)));
        }
        if (request.response().closed()) {
            // Nobody would tell a handler that is set only now.
            return Future.failedFuture(
                    new ProblemException(
                            new Problem.InvalidRequest(null, "the body broke off: left")));
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
        request.handler(
                part -> {
                    if (whole.future().isComplete()) {
                        return;
                    }
                    if (body.length() + part.length() > limitBytes) {
                        whole.tryFail(new ProblemException(new Problem.BodyTooLarge(limitBytes)));
                    } else {
                        body.appendBuffer(part);
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
        return whole.future().onComplete(_ -> context.owner().cancelTimer(deadline));
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
