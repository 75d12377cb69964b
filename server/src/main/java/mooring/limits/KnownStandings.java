package mooring.limits;

import mooring.ids.OrganizationId;

/// What decides about each organization's limits, as this node knows it: a memory read.
@FunctionalInterface
public interface KnownStandings {

    /// [LimitStanding#PLAIN] of one that is not known yet.
    LimitStanding of(OrganizationId organization);
}
