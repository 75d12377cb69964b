package mooring.accounts;

import java.time.Instant;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;

/// A part of an organization that keys belong to, with usage and budgets of its own.
///
/// @param standard whether keys belong to it when none is named; one of each organization's is
public record Project(
        ProjectId id,
        OrganizationId organization,
        String name,
        boolean standard,
        Instant createdAt) {}
