package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.accounts.Organization;
import mooring.ids.LotId;
import mooring.ids.TransferId;
import mooring.ledger.Statements;

/// What a wallet's money consists of, and how it came and went.
final class StatementsResource {

    private final Statements statements;
    private final OrganizationsResource organizations;

    StatementsResource(Statements statements, OrganizationsResource organizations) {
        this.statements = statements;
        this.organizations = organizations;
    }

    Answer lots(Call call) {
        Organization organization = organizations.existing(call.organization());
        boolean open = call.word("state", "open").equals("open");
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        statements.lots(
                                organization.id(), open, call.cursor(LotId::parse), limit + 1),
                        limit,
                        StatementsResource::form,
                        Statements.Lot::id));
    }

    Answer transfers(Call call) {
        Organization organization = organizations.existing(call.organization());
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        statements.transfers(
                                organization.id(), call.cursor(TransferId::parse), limit + 1),
                        limit,
                        StatementsResource::form,
                        Statements.Entry::id));
    }

    private static ObjectNode form(Statements.Lot lot) {
        return Shapes.object()
                .put("id", lot.id().toString())
                .put("kind", lot.kind().text())
                .put("priority", lot.priority())
                .put("currency", lot.amount().currency().code())
                .put("amount", lot.amount().text())
                .put("remaining", lot.remaining().text())
                .put("expires_at", Shapes.instant(lot.expiresAt()))
                .put("transfer_id", lot.transfer() == null ? null : lot.transfer().toString())
                .put("created_at", lot.createdAt().toString());
    }

    private static ObjectNode form(Statements.Entry entry) {
        return Shapes.object()
                .put("id", entry.id().toString())
                .put("kind", entry.kind())
                .put("currency", entry.amount().currency().code())
                .put("amount", entry.amount().text())
                .put("change", entry.change().text())
                .put("reason", entry.reason())
                .put("reference", entry.reference())
                .put("booked_at", entry.bookedAt().toString());
    }
}
