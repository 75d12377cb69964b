package mooring.limits;

import java.util.ArrayList;
import java.util.List;

/// What was let through, and when: looked at from outside.
public final class Accepted {

    private static final long SPAN_NANOS = 60_000_000_000L;

    private record Use(long nanos, long amount) {}

    private final List<Use> uses = new ArrayList<>();

    public void add(long nanos, long amount) {
        uses.add(new Use(nanos, amount));
    }

    public int size() {
        return uses.size();
    }

    public long sum() {
        return uses.stream().mapToLong(Use::amount).sum();
    }

    /// The most in any 60 seconds, wherever they begin.
    public long mostInAMinute() {
        long most = 0;
        long sum = 0;
        int oldest = 0;
        for (Use use : uses) {
            sum += use.amount;
            while (use.nanos - uses.get(oldest).nanos >= SPAN_NANOS) {
                sum -= uses.get(oldest).amount;
                oldest++;
            }
            most = Math.max(most, sum);
        }
        return most;
    }
}
