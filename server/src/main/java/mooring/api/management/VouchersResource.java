package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import mooring.accounts.Organization;
import mooring.ids.VoucherId;
import mooring.ledger.LotKind;
import mooring.ledger.Vouchers;
import mooring.money.Currency;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Vouchers: made with their codes, which are shown once, listed, revoked and redeemed.
final class VouchersResource {

    private final Vouchers vouchers;
    private final OrganizationsResource organizations;
    private final IdempotentWrites writes;

    VouchersResource(
            Vouchers vouchers, OrganizationsResource organizations, IdempotentWrites writes) {
        this.vouchers = vouchers;
        this.organizations = organizations;
        this.writes = writes;
    }

    Answer create(Call call) {
        Currency currency = organizations.currency(call.bodyText("currency"));
        LotKind kind = CreditsResource.kind(call, LotKind.PROMOTIONAL);
        Vouchers.Terms terms =
                new Vouchers.Terms(
                        Amounts.of(call, currency, "the currency of the prices"),
                        kind,
                        call.body().getInteger("priority", kind.priority()),
                        call.bodyInstant("credit_expires_at"),
                        call.body().getInteger("credit_days"),
                        call.requiredText("reason"),
                        call.body().getInteger("max_redemptions", 1),
                        call.body().getBoolean("once_per_organization", true),
                        call.bodyInstant("valid_until"));
        int count = call.body().getInteger("count", 1);
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> created(vouchers.create(terms, count)));
    }

    Answer list(Call call) {
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        vouchers.list(call.cursor(VoucherId::parse), limit + 1),
                        limit,
                        VouchersResource::form,
                        Vouchers.Voucher::id));
    }

    Answer revoke(Call call) {
        VoucherId id = call.voucher();
        return writes.once(
                call.idempotencyKey(), call.fingerprint(), () -> Answer.ok(form(revoked(id))));
    }

    /// The idempotency key goes to the ledger, which keeps it with the transfer.
    Answer redeem(Call call) {
        Organization organization = organizations.existing(call.organization());
        Vouchers.Redeemed redeemed =
                vouchers.redeem(
                        organization.id(), call.requiredText("code"), call.idempotencyKey());
        ObjectNode form =
                Shapes.object()
                        .put("voucher_id", redeemed.voucher().toString())
                        .put("transfer_id", redeemed.transfer().toString())
                        .put("lot_id", redeemed.lot().toString())
                        .put("kind", redeemed.kind().text())
                        .put("amount", redeemed.amount().text())
                        .put("currency", redeemed.amount().currency().code())
                        .put("expires_at", Shapes.instant(redeemed.expiresAt()));
        form.set("balance", organizations.balanceForm(organization));
        return Answer.created(form);
    }

    private Vouchers.Voucher revoked(VoucherId id) {
        return vouchers.revoke(id)
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "voucher_id: "
                                                        + id
                                                        + " does not exist (expected: an id from"
                                                        + " GET /api/v1/vouchers)")));
    }

    /// A repeat of the call never holds a code.
    private static Answer created(List<Vouchers.Made> made) {
        ObjectNode once = Shapes.object();
        ObjectNode repeated = Shapes.object();
        ArrayNode withCodes = once.putArray("data");
        ArrayNode without = repeated.putArray("data");
        for (Vouchers.Made one : made) {
            withCodes.add(form(one.voucher()).put("code", one.code().reveal()));
            without.add(form(one.voucher()));
        }
        once.putNull("next_cursor");
        repeated.putNull("next_cursor");
        return new Answer(201, once, repeated);
    }

    private static ObjectNode form(Vouchers.Voucher voucher) {
        Vouchers.Terms terms = voucher.terms();
        return Shapes.object()
                .put("id", voucher.id().toString())
                .put("hint", voucher.hint())
                .put("state", voucher.state().name().toLowerCase(Locale.ROOT))
                .put("kind", terms.kind().text())
                .put("priority", terms.priority())
                .put("amount", terms.amount().text())
                .put("currency", terms.amount().currency().code())
                .put("credit_expires_at", Shapes.instant(terms.creditExpiresAt()))
                .put("credit_days", terms.creditDays())
                .put("reason", terms.reason())
                .put("redemptions", voucher.redemptions())
                .put("max_redemptions", terms.maxRedemptions())
                .put("once_per_organization", terms.oncePerOrganization())
                .put("valid_until", Shapes.instant(terms.validUntil()))
                .put("created_at", voucher.createdAt().toString())
                .put("revoked_at", Shapes.instant(voucher.revokedAt()));
    }
}
