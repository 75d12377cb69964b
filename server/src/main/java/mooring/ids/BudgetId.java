package mooring.ids;

import java.util.UUID;

/// A limit to what may be spent in a day or a month: `bud_…`.
public record BudgetId(UUID uuid) {

    private static final String PREFIX = "bud_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static BudgetId parse(String text) {
        return new BudgetId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
