package mooring.limits;

import java.time.ZoneOffset;
import java.util.Map;
import mooring.time.PeriodLength;
import mooring.time.Periods;
import org.jspecify.annotations.Nullable;

/// What decides about an organization's limits: what it has paid in, and what was set for it and
/// its parts alone. Immutable, shared by its keys.
///
/// @param rechargedNanos all that was ever paid in, less what was charged back; gifts do not count
/// @param tier the tier that the operator gave it, whatever it has paid; null for the one it
///   reached
/// @param own limits of particular subjects; what they say goes before tier and model
/// @param days the days of its zone
public record LimitStanding(
        long rechargedNanos, @Nullable String tier, Map<Subject, Limits> own, Periods days) {

    /// Of one that has paid nothing and has no limits of its own.
    public static final LimitStanding PLAIN =
            new LimitStanding(0, null, Map.of(), Periods.of(PeriodLength.DAY, ZoneOffset.UTC));

    public LimitStanding {
        own = Map.copyOf(own);
    }

    /// What was set for this subject alone.
    public Limits own(Subject subject) {
        return own.isEmpty() ? Limits.UNLIMITED : own.getOrDefault(subject, Limits.UNLIMITED);
    }

    /// The same with these limits of particular subjects.
    public LimitStanding withOwn(Map<Subject, Limits> limits) {
        return new LimitStanding(rechargedNanos, tier, limits, days);
    }

    /// The same in other days.
    public LimitStanding inDays(Periods others) {
        return new LimitStanding(rechargedNanos, tier, own, others);
    }
}
