package mooring.ledger.store;

import org.jspecify.annotations.Nullable;

/// Why money was moved, for those who read the books.
///
/// @param reason a person's words
/// @param reference what else it belongs to, such as a voucher or a payment
/// @param idempotencyKey unique in its wallet; the database refuses a second use
public record TransferNote(
        @Nullable String reason, @Nullable String reference, @Nullable String idempotencyKey) {

    public static final TransferNote NONE = new TransferNote(null, null, null);
}
