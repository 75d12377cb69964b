package mooring.ledger.store;

import mooring.ledger.LotKind;

/// What a transfer is for, and the accounts that it moves between.
enum TransferKind {
    TOP_UP("top_up", "cash_clearing", "customer_wallet"),
    PROMOTION("promotion", "promotion_outstanding", "customer_wallet"),
    ALLOWANCE("allowance", "allowance_outstanding", "customer_wallet"),
    USAGE("usage", "customer_wallet", "usage_revenue"),
    ABSORBED("absorbed", "absorbed_usage", "usage_revenue"),
    PROMOTION_SPENT("promotion_spent", "promotion_spent", "promotion_outstanding"),
    ALLOWANCE_SPENT("allowance_spent", "allowance_spent", "allowance_outstanding"),
    BREAKAGE("breakage", "customer_wallet", "breakage_revenue"),
    PROMOTION_EXPIRED("promotion_expired", "customer_wallet", "promotion_outstanding"),
    ALLOWANCE_EXPIRED("allowance_expired", "customer_wallet", "allowance_outstanding"),
    ADJUSTMENT_CREDIT("adjustment_credit", "usage_revenue", "customer_wallet"),
    ADJUSTMENT_DEBIT("adjustment_debit", "customer_wallet", "usage_revenue"),
    ADJUSTMENT_ABSORBED("adjustment_absorbed", "usage_revenue", "absorbed_usage"),
    CHARGE_BACK("charge_back", "customer_wallet", "cash_clearing"),
    DEBT("debt", "receivable", "customer_wallet"),
    DEBT_PAID("debt_paid", "customer_wallet", "receivable");

    static final String CUSTOMER = "customer_wallet";

    final String text;
    final String debit;
    final String credit;

    TransferKind(String text, String debit, String credit) {
        this.text = text;
        this.debit = debit;
        this.credit = credit;
    }

    /// How a new lot comes in.
    static TransferKind granting(LotKind kind) {
        return switch (kind) {
            case PAID -> TOP_UP;
            case PROMOTIONAL -> PROMOTION;
            case ALLOWANCE -> ALLOWANCE;
        };
    }

    /// How what expired of a lot goes out.
    static TransferKind expiring(LotKind kind) {
        return switch (kind) {
            case PAID -> BREAKAGE;
            case PROMOTIONAL -> PROMOTION_EXPIRED;
            case ALLOWANCE -> ALLOWANCE_EXPIRED;
        };
    }
}
