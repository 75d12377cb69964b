package mooring.ids;

import java.util.UUID;

/// One archive of the whole database: `bkp_…`.
public record BackupId(UUID uuid) {

    private static final String PREFIX = "bkp_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static BackupId parse(String text) {
        return new BackupId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
