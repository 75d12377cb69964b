package mooring.simulator;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;
import mooring.simulator.answer.Piece;
import mooring.simulator.wire.EventWriter;

/// Streams an answer as server-sent events, one write per turn or in pieces of some bytes.
final class StreamSink implements Sink {

    private final HttpServerResponse response;
    private final EventWriter events;
    private final int splitBytes;

    StreamSink(HttpServerResponse response, EventWriter events, int splitBytes) {
        this.response = response;
        this.events = events;
        this.splitBytes = splitBytes;
    }

    @Override
    public void open() {
        response.setChunked(true);
        response.putHeader("Content-Type", "text/event-stream; charset=utf-8");
        response.putHeader("Cache-Control", "no-cache");
        events.opening();
    }

    @Override
    public void token(int choice, Piece piece) {
        events.token(choice, piece);
    }

    @Override
    public void finish(int choice, String reason) {
        events.finish(choice, reason);
    }

    @Override
    public void malformed() {
        events.malformed();
    }

    @Override
    public boolean flush() {
        byte[] bytes = events.take();
        int piece = splitBytes == 0 ? Math.max(1, bytes.length) : splitBytes;
        for (int at = 0; at < bytes.length; at += piece) {
            int end = Math.min(bytes.length, at + piece);
            response.write(Buffer.buffer(Arrays.copyOfRange(bytes, at, end)));
        }
        return true;
    }

    @Override
    public boolean full() {
        return response.writeQueueFull();
    }

    @Override
    public void complete(boolean withDone) {
        events.ending(withDone);
        flush();
        response.end();
    }
}
