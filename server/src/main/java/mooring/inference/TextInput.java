package mooring.inference;

import java.util.List;

/// A piece of raw input, before which no template stands.
public sealed interface TextInput {

    record Text(String text) implements TextInput {}

    /// Numbers of the model's own vocabulary.
    record Tokens(List<Integer> ids) implements TextInput {
        public Tokens {
            ids = List.copyOf(ids);
        }
    }
}
