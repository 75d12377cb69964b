package mooring.config;

import org.jspecify.annotations.Nullable;

/// A setting in force, as it may be shown.
///
/// @param value as written, secrets masked; null when unset
/// @param origin `--port`, `MOORING_PORT`, `mooring.yaml:3` or `default`
public record SettingView(String name, @Nullable String value, String origin) {}
