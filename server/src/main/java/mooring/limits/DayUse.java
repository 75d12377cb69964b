package mooring.limits;

import java.time.Instant;
import mooring.ids.OrganizationId;

/// What was used of a day before this process began to count. Blocking: for virtual threads, never
/// for an event loop.
@FunctionalInterface
public interface DayUse {

    /// Nothing is known of earlier.
    DayUse NONE = (_, _, _, _) -> 0;

    /// Tokens of the prompts and answers that ended between two instants.
    ///
    /// @param organization the subject's own
    long tokens(OrganizationId organization, Subject subject, Instant from, Instant to);
}
