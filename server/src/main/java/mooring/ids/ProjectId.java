package mooring.ids;

import java.util.UUID;

/// A part of an organization with keys and budgets of its own: `proj_…`.
public record ProjectId(UUID uuid) {

    private static final String PREFIX = "proj_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static ProjectId parse(String text) {
        return new ProjectId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
