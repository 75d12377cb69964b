package mooring.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The query of a path, put together.
final class Query {
    private final List<String> parts = new ArrayList<>();

    /// Adds a parameter, unless it has no value.
    void add(String name, @Nullable String value) {
        if (value != null) {
            parts.add(name + "=" + Api.part(value));
        }
    }

    String behind(String path) {
        return parts.isEmpty() ? path : path + "?" + String.join("&", parts);
    }
}
