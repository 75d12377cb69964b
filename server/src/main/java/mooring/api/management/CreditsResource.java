package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import mooring.accounts.Organization;
import mooring.ledger.LotKind;
import mooring.ledger.Wallets;
import mooring.money.Money;

/// Money that an operator adds to a wallet or takes back, after it came in or was reversed outside.
final class CreditsResource {

    private final Wallets wallets;
    private final OrganizationsResource organizations;

    CreditsResource(Wallets wallets, OrganizationsResource organizations) {
        this.wallets = wallets;
        this.organizations = organizations;
    }

    /// The idempotency key goes to the ledger, which keeps it with the transfer.
    Answer add(Call call) {
        Organization organization = organizations.existing(call.organization());
        LotKind kind = kind(call, LotKind.PAID);
        Integer priority = call.body().getInteger("priority");
        Instant expiresAt = call.bodyInstant("expires_at");
        String reason = call.requiredText("reason");
        Wallets.Credited credited =
                wallets.credit(
                        organization.id(),
                        new Wallets.Credit(
                                amount(call, organization),
                                kind,
                                priority == null ? kind.priority() : priority,
                                expiresAt,
                                reason,
                                call.idempotencyKey()));
        ObjectNode form =
                Shapes.object()
                        .put("transfer_id", credited.transfer().toString())
                        .put("amount", credited.amount().text())
                        .put("currency", credited.amount().currency().code())
                        .put("kind", kind.text())
                        .put("expires_at", Shapes.instant(expiresAt))
                        .put("reason", reason);
        form.set("balance", organizations.balanceForm(organization));
        return Answer.created(form);
    }

    Answer chargeBack(Call call) {
        Organization organization = organizations.existing(call.organization());
        String reason = call.requiredText("reason");
        Wallets.ChargedBack taken =
                wallets.chargeBack(
                        organization.id(),
                        amount(call, organization),
                        reason,
                        call.idempotencyKey());
        ObjectNode form =
                Shapes.object()
                        .put("transfer_id", taken.transfer().toString())
                        .put("amount", taken.amount().text())
                        .put("currency", taken.amount().currency().code())
                        .put("reason", reason)
                        .put("owed", taken.owed().text());
        form.set("balance", organizations.balanceForm(organization));
        return Answer.created(form);
    }

    static LotKind kind(Call call, LotKind without) {
        String text = call.bodyText("kind");
        return text == null ? without : LotKind.of(text);
    }

    private static Money amount(Call call, Organization organization) {
        return Amounts.of(call, organization.currency(), "the organization's currency");
    }
}
