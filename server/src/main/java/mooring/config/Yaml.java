package mooring.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A value in a YAML file, with the line where it stands.
public sealed interface Yaml {

    int line();

    /// The value as a message shows it.
    String shown();

    /// Names with values, in the file's order, each name once.
    record Mapping(int line, Map<String, Entry> entries) implements Yaml {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }

        @Override
        public String shown() {
            return "a mapping";
        }
    }

    /// A value and the line of its name.
    record Entry(int line, Yaml value) {}

    record Sequence(int line, List<Yaml> items) implements Yaml {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String shown() {
            return "a list";
        }
    }

    /// A single value, its text exactly as written.
    record Scalar(int line, Kind kind, String text) implements Yaml {
        @Override
        public String shown() {
            return switch (kind) {
                case TEXT -> "\"" + text.replace("\n", "\\n") + "\"";
                case NUMBER, BOOLEAN -> text;
                case NOTHING -> "nothing";
            };
        }
    }

    /// What YAML takes a single value for; an empty text is nothing.
    enum Kind {
        TEXT,
        NUMBER,
        BOOLEAN,
        NOTHING
    }
}
