package mooring.crash;

import java.util.ArrayList;
import java.util.List;

/// What was found wrong in one run. Kept rather than thrown, because the code under test catches
/// much.
final class Findings {

    private static final int MAX = 20;

    private final List<String> all = new ArrayList<>();

    void add(String what) {
        if (all.size() < MAX) {
            all.add(what);
        }
    }

    boolean none() {
        return all.isEmpty();
    }

    List<String> all() {
        return List.copyOf(all);
    }
}
