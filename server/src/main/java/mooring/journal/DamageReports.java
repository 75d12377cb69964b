package mooring.journal;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The damage that was found, each stretch once, however often it is read.
final class DamageReports {

    private static final int MAX = 100;

    private final Set<Damage> found = new LinkedHashSet<>();

    /// Whether it is new; beyond the bound everything counts as known.
    synchronized boolean add(Damage damage) {
        return found.size() < MAX && found.add(damage);
    }

    synchronized List<Damage> list() {
        return List.copyOf(found);
    }
}
