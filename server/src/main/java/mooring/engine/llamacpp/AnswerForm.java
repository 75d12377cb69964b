package mooring.engine.llamacpp;

import java.util.Set;
import mooring.engine.wire.ChatCall;

/// What the model's text stands for.
sealed interface AnswerForm {

    /// Events pass as they are.
    record AsIs() implements AnswerForm {}

    /// The whole text is the arguments of this function.
    record ArgumentsOf(String tool) implements AnswerForm {}

    /// The whole text is one object with `name` and `arguments`.
    record OneCall() implements AnswerForm {}

    /// Text that begins with `<tool_call>` is calls, any other is content.
    ///
    /// @param several whether more than one call is taken
    record PerhapsCalls(Set<String> tools, boolean several) implements AnswerForm {
        public PerhapsCalls {
            tools = Set.copyOf(tools);
        }
    }

    /// A reader for one choice.
    default ChatCall.EventFilter reader() {
        return switch (this) {
            case AsIs _ -> (event, next) -> next.accept(event);
            case ArgumentsOf(String tool) -> new ForcedCallReader(new ForcedCall.Arguments(tool));
            case OneCall _ -> new ForcedCallReader(new ForcedCall.Whole());
            case PerhapsCalls(Set<String> tools, boolean several) ->
                    new TaggedCallReader(tools, several);
        };
    }
}
