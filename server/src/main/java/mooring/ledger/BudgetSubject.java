package mooring.ledger;

import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.problem.BudgetScope;

/// Whose spend a budget limits, by id.
public sealed interface BudgetSubject {

    record OfOrganization(OrganizationId organization) implements BudgetSubject {}

    record OfProject(ProjectId project) implements BudgetSubject {}

    record OfKey(KeyId key) implements BudgetSubject {}

    static BudgetSubject of(BudgetScope scope, UUID id) {
        return switch (scope) {
            case ORGANIZATION -> new OfOrganization(new OrganizationId(id));
            case PROJECT -> new OfProject(new ProjectId(id));
            case KEY -> new OfKey(new KeyId(id));
        };
    }

    default BudgetScope scope() {
        return switch (this) {
            case OfOrganization _ -> BudgetScope.ORGANIZATION;
            case OfProject _ -> BudgetScope.PROJECT;
            case OfKey _ -> BudgetScope.KEY;
        };
    }

    default UUID uuid() {
        return switch (this) {
            case OfOrganization(OrganizationId organization) -> organization.uuid();
            case OfProject(ProjectId project) -> project.uuid();
            case OfKey(KeyId key) -> key.uuid();
        };
    }

    /// The id as callers write it.
    default String id() {
        return switch (this) {
            case OfOrganization(OrganizationId organization) -> organization.toString();
            case OfProject(ProjectId project) -> project.toString();
            case OfKey(KeyId key) -> key.toString();
        };
    }
}
