package mooring.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One thing that an operator may set, under one name everywhere.
///
/// @param name as in `mooring.yaml`; the flag and the environment variable follow from it
/// @param byDefault as it would be written, null for none
/// @param doc what it does, in one sentence
record Setting<T>(String name, Kind<T> kind, @Nullable String byDefault, String doc) {

    String flag() {
        return "--" + name;
    }

    String variable() {
        return "MOORING_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /// Whether it stands alone on the command line, and only there.
    boolean alone() {
        return kind instanceof Kind.Switch;
    }
}
