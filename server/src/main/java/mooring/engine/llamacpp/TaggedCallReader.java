package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import mooring.engine.wire.ChatCall;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// Finds the calls in an answer that may hold some: `<tool_call>{…}</tool_call>` at its beginning,
/// perhaps several. Anything else is content and passes as it comes; what only looked like a call
/// passes late, but whole.
final class TaggedCallReader implements ChatCall.EventFilter {

    /// More than any call has; what grows beyond it is content.
    static final int MAX_CALL_CHARS = 1024 * 1024;

    private enum State {
        /// The text so far may still become the opening tag.
        OPEN,
        IN_CALL,
        CONTENT,
        /// The one call that was allowed is there; what follows is not the caller's.
        DONE
    }

    private final Set<String> tools;
    private final boolean several;
    private final StringBuilder text = new StringBuilder();
    private final List<StreamEvent.Delta> held = new ArrayList<>();
    private State state = State.OPEN;
    private int calls;

    TaggedCallReader(Set<String> tools, boolean several) {
        this.tools = tools;
        this.several = several;
    }

    @Override
    public void accept(StreamEvent event, Consumer<StreamEvent> next) {
        switch (event) {
            case StreamEvent.Delta delta when delta.text() != null -> {
                switch (state) {
                    case OPEN, IN_CALL -> hold(delta, delta.text(), next);
                    case CONTENT -> next.accept(delta);
                    case DONE -> {}
                }
            }
            case StreamEvent.Finished(int choice, FinishReason reason, Extras extras) -> {
                finish(choice, next);
                next.accept(
                        new StreamEvent.Finished(
                                choice,
                                reason == FinishReason.STOP && calls > 0
                                        ? FinishReason.TOOL_CALLS
                                        : reason,
                                extras));
            }
            case StreamEvent.Delta _, StreamEvent.UsageReported _, StreamEvent.Ended _ ->
                    next.accept(event);
        }
    }

    private void hold(StreamEvent.Delta delta, String piece, Consumer<StreamEvent> next) {
        held.add(delta);
        int seen = text.length();
        text.append(piece);
        if (state == State.OPEN) {
            String begun = text.toString().stripLeading();
            if (begun.startsWith(ToolText.CALL)) {
                state = State.IN_CALL;
                text.setLength(0);
                text.append(begun, ToolText.CALL.length(), begun.length());
                seen = 0;
            } else if (!ToolText.CALL.startsWith(begun)) {
                letGo(next);
                return;
            }
        }
        if (state == State.IN_CALL) {
            int end =
                    text.indexOf(ToolText.CALL_END, Math.max(0, seen - ToolText.CALL_END.length()));
            if (end >= 0) {
                endOfCall(delta.choice(), end, next);
            } else if (text.length() > MAX_CALL_CHARS) {
                letGo(next);
            }
        }
    }

    private void endOfCall(int choice, int end, Consumer<StreamEvent> next) {
        ToolCallDelta call = call(text.substring(0, end));
        if (call == null) {
            letGo(next);
            return;
        }
        String rest = text.substring(end + ToolText.CALL_END.length());
        emit(choice, call, next);
        if (state == State.OPEN && !rest.isEmpty()) {
            hold(StreamEvent.Delta.text(choice, rest), rest, next);
        }
    }

    private void emit(int choice, ToolCallDelta call, Consumer<StreamEvent> next) {
        calls++;
        held.clear();
        text.setLength(0);
        state = several ? State.OPEN : State.DONE;
        next.accept(
                new StreamEvent.Delta(choice, null, null, null, List.of(call), null, Extras.NONE));
    }

    /// The choice is complete: a call without its closing tag counts, if it is whole.
    private void finish(int choice, Consumer<StreamEvent> next) {
        if (state == State.IN_CALL) {
            ToolCallDelta call = call(text.toString());
            if (call != null) {
                emit(choice, call, next);
            }
        }
        boolean onlySpaceBehindCalls = calls > 0 && text.toString().isBlank();
        if (!onlySpaceBehindCalls) {
            letGo(next);
        }
    }

    private void letGo(Consumer<StreamEvent> next) {
        state = State.CONTENT;
        held.forEach(next);
        held.clear();
        text.setLength(0);
    }

    /// The call that the text is; null when it is none of the functions on offer, or no call.
    private @Nullable ToolCallDelta call(String json) {
        String name = null;
        String arguments = null;
        try (JsonParser parser = Json.FACTORY.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("name") && value == JsonToken.VALUE_STRING) {
                    name = parser.getText();
                } else if (field.equals("arguments") && value == JsonToken.START_OBJECT) {
                    int from = (int) parser.currentTokenLocation().getCharOffset();
                    parser.skipChildren();
                    arguments =
                            json.substring(from, (int) parser.currentLocation().getCharOffset());
                } else if (field.equals("arguments") && value == JsonToken.VALUE_STRING) {
                    arguments = parser.getText();
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                return null;
            }
        } catch (IOException _) {
            return null;
        }
        return name == null || arguments == null || !tools.contains(name)
                ? null
                : new ToolCallDelta(calls, CallIds.next(), name, arguments);
    }
}
