package mooring.ids;

import java.util.UUID;

/// A customer: the tenant that owns keys, wallet and usage: `org_…`.
public record OrganizationId(UUID uuid) {

    private static final String PREFIX = "org_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static OrganizationId parse(String text) {
        return new OrganizationId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
