package mooring.engine.llamacpp;

import java.util.List;
import java.util.function.Consumer;
import mooring.engine.wire.ChatCall;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;

/// Turns a forced answer's text into the pieces of one tool call, as they come.
///
/// One piece of the engine becomes at most one piece for the caller, so that pieces never outnumber
/// tokens. Log-probabilities of a call's syntax are left out.
final class ForcedCallReader implements ChatCall.EventFilter {

    private final ForcedCall call;
    private boolean named;

    ForcedCallReader(ForcedCall call) {
        this.call = call;
    }

    @Override
    public void accept(StreamEvent event, Consumer<StreamEvent> next) {
        switch (event) {
            case StreamEvent.Delta delta when delta.text() != null -> {
                List<ToolCallDelta> pieces = pieces(delta.text());
                if (!pieces.isEmpty() || delta.reasoning() != null) {
                    next.accept(
                            new StreamEvent.Delta(
                                    delta.choice(),
                                    null,
                                    delta.reasoning(),
                                    null,
                                    pieces,
                                    null,
                                    delta.extras()));
                }
            }
            case StreamEvent.Finished(int choice, FinishReason reason, Extras extras) ->
                    next.accept(
                            new StreamEvent.Finished(
                                    choice,
                                    reason == FinishReason.STOP && call.complete()
                                            ? FinishReason.TOOL_CALLS
                                            : reason,
                                    extras));
            case StreamEvent.Delta _, StreamEvent.UsageReported _, StreamEvent.Ended _ ->
                    next.accept(event);
        }
    }

    private List<ToolCallDelta> pieces(String text) {
        String arguments = call.arguments(text);
        String name = call.name();
        if (!named && name != null) {
            named = true;
            return List.of(new ToolCallDelta(0, CallIds.next(), name, arguments));
        }
        return arguments.isEmpty()
                ? List.of()
                : List.of(new ToolCallDelta(0, null, null, arguments));
    }
}
