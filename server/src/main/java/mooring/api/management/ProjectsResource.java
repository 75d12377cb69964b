package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.accounts.Project;
import mooring.accounts.Projects;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;

/// Projects: parts of an organization with keys, usage and budgets of their own.
final class ProjectsResource {

    private final Projects projects;
    private final OrganizationsResource organizations;
    private final IdempotentWrites writes;

    ProjectsResource(
            Projects projects, OrganizationsResource organizations, IdempotentWrites writes) {
        this.projects = projects;
        this.organizations = organizations;
        this.writes = writes;
    }

    Answer create(Call call) {
        OrganizationId organization = organizations.existing(call.organization()).id();
        String name = call.requiredText("name");
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> Answer.created(form(projects.create(organization, name))));
    }

    Answer list(Call call) {
        OrganizationId organization = organizations.existing(call.organization()).id();
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        projects.list(organization, call.cursor(ProjectId::parse), limit + 1),
                        limit,
                        ProjectsResource::form,
                        Project::id));
    }

    private static ObjectNode form(Project project) {
        return Shapes.object()
                .put("id", project.id().toString())
                .put("organization_id", project.organization().toString())
                .put("name", project.name())
                .put("standard", project.standard())
                .put("created_at", project.createdAt().toString());
    }
}
