package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.accounts.Organization;
import mooring.ledger.Wallets;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Credit that an operator adds to a wallet, after money came in outside.
final class CreditsResource {

    /// The most that one credit may add, in major units: a slip of the hand must not create more
    /// than anybody owns.
    static final long MAX_CREDIT = 1_000_000_000;

    private final Wallets wallets;
    private final OrganizationsResource organizations;

    CreditsResource(Wallets wallets, OrganizationsResource organizations) {
        this.wallets = wallets;
        this.organizations = organizations;
    }

    /// The idempotency key goes to the ledger, which keeps it with the transfer.
    Answer add(Call call) {
        Organization organization = organizations.existing(call.organization());
        requireCurrency(call, organization);
        String reason = call.requiredText("reason");
        Wallets.Credited credited =
                wallets.credit(
                        organization.id(),
                        amount(call, organization),
                        Wallets.Source.PAID,
                        reason,
                        call.idempotencyKey());
        ObjectNode form =
                Shapes.object()
                        .put("transfer_id", credited.transfer().toString())
                        .put("amount", credited.amount().text())
                        .put("currency", credited.amount().currency().code())
                        .put("reason", reason);
        form.set("balance", Shapes.balance(credited.balance()));
        return Answer.created(form);
    }

    private static Money amount(Call call, Organization organization) {
        String text = call.requiredText("amount");
        Money most = Money.parse(Long.toString(MAX_CREDIT), organization.currency());
        Money amount;
        try {
            amount = Money.parse(text, organization.currency());
        } catch (IllegalArgumentException _) {
            throw outOfRange(text, most);
        }
        if (!amount.positive() || amount.compareTo(most) > 0) {
            throw outOfRange(text, most);
        }
        return amount;
    }

    private static ProblemException outOfRange(String text, Money most) {
        return new ProblemException(
                Problem.InvalidRequest.of(
                        "amount", SchemaText.shown(text), "above 0 and at most " + most));
    }

    private static void requireCurrency(Call call, Organization organization) {
        String given = call.bodyText("currency");
        if (given != null && !given.equals(organization.currency().code())) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "currency",
                            SchemaText.shown(given),
                            organization.currency() + ", the organization's currency"));
        }
    }
}
