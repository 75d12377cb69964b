package mooring.simulator;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import mooring.simulator.answer.Piece;
import mooring.simulator.wire.WholeWriter;

/// Sends an answer as one JSON body when it is complete.
final class WholeSink implements Sink {

    private final HttpServerResponse response;
    private final WholeWriter body;
    private boolean malformed;

    WholeSink(HttpServerResponse response, WholeWriter body) {
        this.response = response;
        this.body = body;
    }

    @Override
    public void open() {}

    @Override
    public void token(int choice, Piece piece) {
        body.token(choice, piece);
    }

    @Override
    public void finish(int choice, String reason) {
        body.finish(choice, reason);
    }

    @Override
    public void malformed() {
        malformed = true;
    }

    @Override
    public boolean flush() {
        return false;
    }

    @Override
    public boolean full() {
        return false;
    }

    @Override
    public void complete(boolean withDone) {
        Buffer whole = Buffer.buffer(body.body());
        response.putHeader("Content-Type", "application/json");
        response.end(malformed ? whole.slice(0, whole.length() / 2) : whole);
    }
}
