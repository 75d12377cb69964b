package mooring.metering;

import java.time.Instant;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What one request used and costs: the one fact that settlement books.
///
/// @param hold what is set aside for it; settlement ends it
/// @param clientRequestId the caller's own id, which decides nothing
/// @param admittedAt the instant whose price version and budget period apply
/// @param estimated whether a count is ours because the engine reported none
public record UsageRecord(
        RequestId id,
        OrganizationId organization,
        KeyId key,
        ModelId model,
        Hold hold,
        @Nullable String clientRequestId,
        Instant admittedAt,
        Instant finishedAt,
        boolean streamed,
        Ending ending,
        boolean estimated,
        Usage usage,
        PriceVersionId priceVersion,
        Money charge) {}
