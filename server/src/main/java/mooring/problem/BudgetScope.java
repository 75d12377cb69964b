package mooring.problem;

import java.util.Locale;

/// Whose spend a budget limits.
public enum BudgetScope {
    ORGANIZATION,
    PROJECT,
    KEY;

    /// As the API and the database write it.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @throws IllegalArgumentException when the text is no scope; the message names it
    public static BudgetScope parse(String text) {
        for (BudgetScope scope : values()) {
            if (scope.text().equals(text)) {
                return scope;
            }
        }
        throw new IllegalArgumentException(
                "scope: " + text + " (expected: organization, project or key)");
    }
}
