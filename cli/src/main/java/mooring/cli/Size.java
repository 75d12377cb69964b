package mooring.cli;

import java.util.Locale;

/// A number of bytes as people read it, in decimal units as hubs show them.
final class Size {
    private Size() {}

    static String of(long bytes) {
        if (bytes < 1_000_000) {
            return bytes < 1_000 ? bytes + " B" : bytes / 1_000 + " kB";
        }
        return bytes < 1_000_000_000
                ? bytes / 1_000_000 + " MB"
                : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
}
