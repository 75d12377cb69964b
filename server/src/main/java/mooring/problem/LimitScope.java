package mooring.problem;

import java.util.Locale;

/// Whose use a limit is for.
public enum LimitScope {
    ORGANIZATION,
    PROJECT,
    KEY,
    /// An organization's use of one model.
    MODEL;

    /// As the API and the database write it.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @throws IllegalArgumentException when the text is no scope; the message names it
    public static LimitScope parse(String text) {
        for (LimitScope scope : values()) {
            if (scope.text().equals(text)) {
                return scope;
            }
        }
        throw new IllegalArgumentException(
                "scope: " + text + " (expected: organization, project, key or model)");
    }
}
