package mooring.engine.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import mooring.engine.wire.EngineHttp;
import mooring.json.Json;

/// Waits for the engine to be done with a slot whose connection was closed.
///
/// The wait only spares the next call a place behind the dead one: that a slot is still busy when
/// it is given on is harmless, since the engine queues by slot.
final class IdleWatch {

    private static final long POLL_MILLIS = 25;

    /// Two seconds. A cancel is noticed with the next batch of the prompt.
    private static final int MAX_POLLS = 80;

    private final Vertx vertx;
    private final EngineHttp http;

    IdleWatch(Vertx vertx, EngineHttp http) {
        this.vertx = vertx;
        this.http = http;
    }

    /// Runs `then` once the slot is idle, the engine does not tell, or the wait is over.
    void whenIdle(int slot, Runnable then) {
        poll(slot, MAX_POLLS, then);
    }

    private void poll(int slot, int left, Runnable then) {
        http.call(HttpMethod.GET, "/slots", null)
                .map(answer -> busy(answer, slot))
                .onComplete(
                        busy -> {
                            if (busy.succeeded() && busy.result() && left > 1) {
                                vertx.setTimer(POLL_MILLIS, _ -> poll(slot, left - 1, then));
                            } else {
                                then.run();
                            }
                        });
    }

    private static boolean busy(Buffer answer, int slot) {
        try {
            for (JsonNode one : Json.MAPPER.readTree(answer.getBytes())) {
                if (one.path("id").asInt(-1) == slot) {
                    return one.path("is_processing").asBoolean(false);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("/slots: not JSON", e);
        }
        return false;
    }
}
