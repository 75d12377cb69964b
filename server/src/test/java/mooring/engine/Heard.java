package mooring.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.inference.Usage;
import mooring.testing.Await;
import org.jspecify.annotations.Nullable;

/// Everything that a listener heard, in order; fails when it hears anything after the end.
public final class Heard implements EngineListener {

    private static final Duration DEADLINE = Duration.ofMinutes(2);

    private final List<StreamEvent> events = new ArrayList<>();
    private @Nullable EngineFailure failure;
    private boolean ended;
    private int afterEnd;

    @Override
    public synchronized void event(StreamEvent event) {
        if (ended) {
            afterEnd++;
        }
        events.add(event);
        ended |= event instanceof StreamEvent.Ended;
    }

    @Override
    public synchronized void failed(EngineFailure heard) {
        if (ended) {
            afterEnd++;
        }
        failure = heard;
        ended = true;
    }

    public synchronized List<StreamEvent> events() {
        return List.copyOf(events);
    }

    public synchronized int afterEnd() {
        return afterEnd;
    }

    public synchronized boolean over() {
        return ended;
    }

    /// Waits for the end, which must not be a failure.
    public Heard ended() {
        Await.until("the end", DEADLINE, this::over);
        EngineFailure heard = failureOrNull();
        if (heard != null) {
            throw new AssertionError("failed: " + heard);
        }
        return this;
    }

    /// Waits for the failure.
    public EngineFailure failure() {
        Await.until("the end", DEADLINE, this::over);
        EngineFailure heard = failureOrNull();
        if (heard == null) {
            throw new AssertionError("ended well: " + events());
        }
        return heard;
    }

    private synchronized @Nullable EngineFailure failureOrNull() {
        return failure;
    }

    /// Waits until this much text of all choices is there.
    public Heard untilText(int chars) {
        Await.until(
                chars + " characters",
                DEADLINE,
                () -> {
                    if (over() && text().length() < chars) {
                        throw new AssertionError("over at \"" + text() + "\": " + events());
                    }
                    return text().length() >= chars;
                });
        return this;
    }

    public String text() {
        return choiceText(0);
    }

    public String choiceText(int choice) {
        StringBuilder text = new StringBuilder();
        for (StreamEvent event : events()) {
            if (event instanceof StreamEvent.Delta delta
                    && delta.choice() == choice
                    && delta.text() != null) {
                text.append(delta.text());
            }
        }
        return text.toString();
    }

    /// A call, put together.
    public record Call(String id, String name, String arguments) {}

    public List<Call> calls() {
        TreeMap<Integer, Call> calls = new TreeMap<>();
        for (StreamEvent event : events()) {
            if (event instanceof StreamEvent.Delta delta) {
                for (ToolCallDelta piece : delta.toolCalls()) {
                    String id = piece.id();
                    String name = piece.name();
                    if (id != null && name != null) {
                        calls.put(piece.index(), new Call(id, name, piece.arguments()));
                    } else {
                        calls.computeIfPresent(
                                piece.index(),
                                (_, call) ->
                                        new Call(
                                                call.id(),
                                                call.name(),
                                                call.arguments() + piece.arguments()));
                    }
                }
            }
        }
        return List.copyOf(calls.values());
    }

    public FinishReason finish(int choice) {
        return events().stream()
                .filter(
                        event ->
                                event instanceof StreamEvent.Finished one && one.choice() == choice)
                .map(event -> ((StreamEvent.Finished) event).reason())
                .reduce(
                        (_, _) -> {
                            throw wrong("two ends of choice " + choice);
                        })
                .orElseThrow(() -> wrong("no end of choice " + choice));
    }

    /// The last count.
    public Usage usage() {
        return events().stream()
                .filter(event -> event instanceof StreamEvent.UsageReported)
                .map(event -> ((StreamEvent.UsageReported) event).usage())
                .reduce((_, later) -> later)
                .orElseThrow(() -> wrong("no usage"));
    }

    private AssertionError wrong(String what) {
        return new AssertionError(what + ": " + events());
    }
}
