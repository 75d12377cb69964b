package mooring.limits;

import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.problem.LimitScope;
import org.jspecify.annotations.Nullable;

/// One whose use is limited: an organization, a project, a key, or an organization with one model.
///
/// @param model only where the scope is a model
public record Subject(LimitScope scope, UUID id, @Nullable ModelId model) {

    public Subject {
        if ((scope == LimitScope.MODEL) != (model != null)) {
            throw new IllegalArgumentException(
                    "model: " + model + " (expected: one for the scope model, else none)");
        }
    }

    public static Subject of(OrganizationId organization) {
        return new Subject(LimitScope.ORGANIZATION, organization.uuid(), null);
    }

    public static Subject of(ProjectId project) {
        return new Subject(LimitScope.PROJECT, project.uuid(), null);
    }

    public static Subject of(KeyId key) {
        return new Subject(LimitScope.KEY, key.uuid(), null);
    }

    public static Subject of(OrganizationId organization, ModelId model) {
        return new Subject(LimitScope.MODEL, organization.uuid(), model);
    }

    @Override
    public int hashCode() {
        return id.hashCode() * 31 + (model == null ? scope.hashCode() : model.hashCode());
    }
}
