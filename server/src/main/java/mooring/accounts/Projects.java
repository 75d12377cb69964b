package mooring.accounts;

import java.util.List;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import org.jspecify.annotations.Nullable;

/// The projects on record. Blocking: for virtual threads, never for an event loop.
public interface Projects {

    /// @throws mooring.problem.ProblemException when the organization is unknown, the name is empty
    ///   or too long, or the organization has a project of that name
    Project create(OrganizationId organization, String name);

    /// In order of creation, starting behind `after`.
    List<Project> list(OrganizationId organization, @Nullable ProjectId after, int limit);
}
