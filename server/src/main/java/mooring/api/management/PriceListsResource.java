package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.accounts.Organization;
import mooring.catalog.PriceAssignment;
import mooring.catalog.PriceLists;
import mooring.catalog.PricesRefusedException;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Which organization has which price list, and when.
final class PriceListsResource {

    private final PriceLists lists;
    private final OrganizationsResource organizations;
    private final PricePublisher publisher;
    private final IdempotentWrites writes;

    PriceListsResource(
            PriceLists lists,
            OrganizationsResource organizations,
            PricePublisher publisher,
            IdempotentWrites writes) {
        this.lists = lists;
        this.organizations = organizations;
        this.publisher = publisher;
        this.writes = writes;
    }

    Answer list(Call call) {
        Organization organization = organizations.existing(call.organization());
        return Answer.ok(Shapes.whole(lists.of(organization.id()), PriceListsResource::form));
    }

    Answer assign(Call call) {
        Organization organization = organizations.existing(call.organization());
        String list = call.requiredText("list");
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> {
                    try {
                        PriceAssignment made =
                                lists.assign(
                                        organization.id(),
                                        list,
                                        call.bodyInstant("from"),
                                        call.bodyInstant("to"));
                        publisher.changed();
                        return Answer.created(form(made));
                    } catch (PricesRefusedException e) {
                        String reason = e.reasons().getFirst();
                        throw new ProblemException(
                                new Problem.InvalidRequest(
                                        reason.substring(0, reason.indexOf(':')), reason));
                    }
                });
    }

    private static ObjectNode form(PriceAssignment assignment) {
        return Shapes.object()
                .put("organization_id", assignment.organization().toString())
                .put("list", assignment.list())
                .put("from", assignment.from().toString())
                .put("to", Shapes.instant(assignment.to()))
                .put("assigned_at", assignment.assignedAt().toString());
    }
}
