package mooring.limits;

import java.util.List;
import mooring.problem.LimitKind;
import org.jspecify.annotations.Nullable;

/// What a node says of its share of one limit: what it counts on and what it would like to have.
///
/// @param held what it may use up until it is answered, and has used already; where single uses are
///   counted, only what it has not used yet
/// @param leaveMillis when each single use leaves the last 60 seconds, from now; empty unless
///   `exact`
/// @param exact whether single uses are counted
/// @param used what it uses at this moment
/// @param wanted what it would like to hold in all
/// @param day the first second of the day that is counted, 0 for other kinds
/// @param dayEndsMillis until when that day lasts, from now
/// @param earlier what the books say of the day until now, over all nodes; null when not asked
public record ShareClaim(
        Subject subject,
        LimitKind kind,
        long limit,
        long held,
        List<Long> leaveMillis,
        boolean exact,
        long used,
        long wanted,
        long day,
        long dayEndsMillis,
        @Nullable Long earlier) {

    public ShareClaim {
        leaveMillis = List.copyOf(leaveMillis);
    }
}
