package mooring.api.management;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The settings in force, as they may be shown: whoever gives them has masked the secrets.
public interface ConfigView {

    /// @param value as written, null when unset
    /// @param origin where the value came from, as `default` or `MOORING_PORT`
    record Setting(String name, @Nullable String value, String origin) {}

    /// In the order in which people read them.
    List<Setting> settings();
}
