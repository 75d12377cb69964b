package mooring.metering;

import java.time.Instant;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import org.jspecify.annotations.Nullable;

/// What was fixed when a request was admitted: who pays, for what, and by which prices.
///
/// @param hold what was set aside then; it may have grown since
/// @param clientRequestId the caller's own id, which decides nothing
/// @param admittedAt the instant whose price version and budget period apply
/// @param node who admitted it, and from whose leases it is paid
public record Acceptance(
        RequestId id,
        OrganizationId organization,
        ProjectId project,
        KeyId key,
        ModelId model,
        ServiceTier tier,
        Hold hold,
        PriceVersionId priceVersion,
        @Nullable String clientRequestId,
        Instant admittedAt,
        boolean streamed,
        NodeEpoch node) {}
