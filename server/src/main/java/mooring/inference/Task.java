package mooring.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model is to do with what it is given.
public sealed interface Task {

    /// Answer the request's messages, through the model's own template.
    record Chat() implements Task {}

    /// Write each text on as it stands. Choices come prompt by prompt.
    record Continue(List<TextInput> prompts) implements Task {
        public Continue {
            prompts = List.copyOf(prompts);
        }
    }

    /// Turn each text into a vector.
    ///
    /// @param dimensions how many numbers a vector is to have, null for the model's own
    record Embed(List<TextInput> inputs, @Nullable Integer dimensions) implements Task {

        /// The choice's field of an answer's one piece in which the vectors stand.
        public static final String VECTORS = "data";

        public Embed {
            inputs = List.copyOf(inputs);
        }
    }

    default Operation operation() {
        return switch (this) {
            case Chat _ -> Operation.CHAT;
            case Continue _ -> Operation.TEXT_COMPLETION;
            case Embed _ -> Operation.EMBEDDINGS;
        };
    }

    /// The raw inputs; a chat has none.
    default List<TextInput> inputs() {
        return switch (this) {
            case Chat _ -> List.of();
            case Continue(List<TextInput> prompts) -> prompts;
            case Embed(List<TextInput> inputs, _) -> inputs;
        };
    }

    /// Whether there are several prompts, each of which has the model's window for itself.
    default boolean several() {
        return inputs().size() > 1;
    }

    /// Whether tokens are written at all.
    default boolean generates() {
        return !(this instanceof Embed);
    }

    /// The tokens that came as such, in all inputs.
    default long givenTokens() {
        long tokens = 0;
        for (TextInput input : inputs()) {
            if (input instanceof TextInput.Tokens(List<Integer> ids)) {
                tokens += ids.size();
            }
        }
        return tokens;
    }
}
