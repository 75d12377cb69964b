package mooring.limits;

import java.util.Map;
import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.problem.LimitKind;
import org.jspecify.annotations.Nullable;

/// The limits on record that were set for particular subjects. Blocking: for virtual threads, never
/// for an event loop. Each change is in force on every node within a second.
public interface OwnLimits {

    /// Empty when there is no such organization.
    Optional<LimitStanding> standing(OrganizationId organization);

    /// Gives an organization a tier, or with null the one that it reaches by itself.
    void giveTier(OrganizationId organization, @Nullable String tier);

    /// Sets limits of one subject, or with null takes them away; kinds that are not named stay.
    ///
    /// @throws mooring.problem.ProblemException when the project or key is not the organization's
    void set(OrganizationId organization, Subject subject, Map<LimitKind, @Nullable Long> limits);
}
