package mooring.relay;

import java.util.ArrayDeque;
import java.util.Deque;
import mooring.engine.EngineFailure;
import mooring.inference.StreamEvent;
import org.jspecify.annotations.Nullable;

/// What an engine said before it felt the pause, and its failure behind that. At most what one read
/// from the socket holds.
final class Backlog {

    private final Deque<StreamEvent> events = new ArrayDeque<>();
    private @Nullable EngineFailure failure;

    void add(StreamEvent event) {
        events.add(event);
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    StreamEvent next() {
        return events.remove();
    }

    /// The engine failed behind what waits here.
    void failed(EngineFailure behind) {
        failure = behind;
    }

    /// The failure, once everything before it was taken.
    @Nullable EngineFailure takeFailure() {
        EngineFailure behind = failure;
        failure = null;
        return behind;
    }

    void clear() {
        events.clear();
        failure = null;
    }
}
