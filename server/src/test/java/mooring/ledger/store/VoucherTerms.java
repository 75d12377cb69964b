package mooring.ledger.store;

import java.time.Instant;
import java.util.List;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LotKind;
import mooring.ledger.VoucherCode;
import mooring.ledger.Vouchers;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Terms of vouchers as a test wants them; all that is not said is the simplest.
record VoucherTerms(Vouchers.Terms terms) {

    static VoucherTerms of(LedgerWorld world, String amount) {
        return of(world.money(amount));
    }

    static VoucherTerms of(Money amount) {
        return new VoucherTerms(
                new Vouchers.Terms(
                        amount, LotKind.PROMOTIONAL, 50, null, null, "welcome", 1, true, null));
    }

    VoucherTerms kind(LotKind kind) {
        return with(kind, null, null, terms.maxRedemptions(), true, null);
    }

    VoucherTerms times(int times) {
        return with(terms.kind(), null, null, times, terms.oncePerOrganization(), null);
    }

    VoucherTerms oftenPerOrganization() {
        return with(terms.kind(), null, null, terms.maxRedemptions(), false, null);
    }

    VoucherTerms creditDays(int days) {
        return with(terms.kind(), null, days, terms.maxRedemptions(), true, null);
    }

    VoucherTerms creditUntil(Instant instant) {
        return with(terms.kind(), instant, null, terms.maxRedemptions(), true, null);
    }

    VoucherTerms validUntil(Instant instant) {
        return with(terms.kind(), null, null, terms.maxRedemptions(), true, instant);
    }

    List<VoucherCode> make(LedgerWorld world) {
        return make(world.vouchers);
    }

    List<VoucherCode> make(Vouchers vouchers) {
        return vouchers.create(terms, 1).stream().map(Vouchers.Made::code).toList();
    }

    private VoucherTerms with(
            LotKind kind,
            @Nullable Instant creditExpiresAt,
            @Nullable Integer creditDays,
            int times,
            boolean once,
            @Nullable Instant validUntil) {
        return new VoucherTerms(
                new Vouchers.Terms(
                        terms.amount(),
                        kind,
                        kind.priority(),
                        creditExpiresAt,
                        creditDays,
                        terms.reason(),
                        times,
                        once,
                        validUntil));
    }
}
