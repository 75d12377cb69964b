package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonProcessingException;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// Takes a forced answer apart as it arrives: which function, and the text of its arguments.
sealed interface ForcedCall {

    /// The function's name, as soon as it is known.
    @Nullable String name();

    /// What of the new text belongs to the arguments.
    String arguments(String text);

    /// Whether the arguments are complete.
    boolean complete();

    /// The text is nothing but the arguments.
    final class Arguments implements ForcedCall {

        private final String tool;
        private final ValueSpan span = new ValueSpan();
        private boolean begun;

        Arguments(String tool) {
            this.tool = tool;
        }

        @Override
        public String name() {
            return tool;
        }

        @Override
        public String arguments(String text) {
            StringBuilder part = new StringBuilder(text.length());
            for (int i = 0; i < text.length(); i++) {
                char next = text.charAt(i);
                begun |= next > ' ';
                if (begun && span.takes(next)) {
                    part.append(next);
                }
            }
            return part.toString();
        }

        @Override
        public boolean complete() {
            return span.ended();
        }
    }

    /// The text is an object with `name` and `arguments`, in this order, as the schema that forces
    /// it puts them.
    final class Whole implements ForcedCall {

        private enum At {
            KEY,
            COLON,
            VALUE,
            IN_VALUE
        }

        private final StringBuilder key = new StringBuilder();
        private final StringBuilder value = new StringBuilder();
        private ValueSpan span = new ValueSpan();
        private At at = At.KEY;
        private boolean inKey;
        private boolean complete;
        private @Nullable String name;

        @Override
        public @Nullable String name() {
            return name;
        }

        @Override
        public String arguments(String text) {
            StringBuilder part = new StringBuilder(text.length());
            for (int i = 0; i < text.length(); i++) {
                take(text.charAt(i), part);
            }
            return part.toString();
        }

        private void take(char next, StringBuilder part) {
            switch (at) {
                case KEY -> {
                    if (next == '"') {
                        at = inKey ? At.COLON : At.KEY;
                        inKey = !inKey;
                    } else if (inKey) {
                        key.append(next);
                    }
                }
                case COLON -> at = next == ':' ? At.VALUE : At.COLON;
                case VALUE -> {
                    if (next > ' ') {
                        at = At.IN_VALUE;
                        take(next, part);
                    }
                }
                case IN_VALUE -> {
                    if (span.takes(next)) {
                        (key.toString().equals("arguments") ? part : value).append(next);
                    }
                    if (span.ended()) {
                        endOfValue();
                    }
                }
            }
        }

        private void endOfValue() {
            switch (key.toString()) {
                case "name" -> name = decoded(value.toString());
                case "arguments" -> complete = true;
                default -> {}
            }
            key.setLength(0);
            value.setLength(0);
            span = new ValueSpan();
            at = At.KEY;
        }

        private static @Nullable String decoded(String text) {
            try {
                return Json.MAPPER.readValue(text, String.class);
            } catch (JsonProcessingException _) {
                return null;
            }
        }

        @Override
        public boolean complete() {
            return complete;
        }
    }
}
