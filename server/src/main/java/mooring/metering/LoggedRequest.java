package mooring.metering;

import java.time.Instant;
import java.util.Locale;
import java.util.SortedMap;
import mooring.ids.KeyId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// A request that has ended, as it is kept.
///
/// @param bill null when nothing was charged
/// @param problem what the caller was told instead of an answer; null when charged, and when the
///   caller had gone away
/// @param archived whether it was read from the archive
public record LoggedRequest(
        RequestId id,
        ProjectId project,
        KeyId key,
        ModelId model,
        ServiceTier tier,
        @Nullable String clientRequestId,
        Instant admittedAt,
        Instant finishedAt,
        boolean streamed,
        Served served,
        String node,
        @Nullable Bill bill,
        @Nullable String problem,
        boolean archived) {

    /// The status of a request whose caller had gone before anything was charged.
    public static final String CALLER_LEFT = "caller_left";

    /// What was charged and how it was paid.
    public record Bill(
            Ending ending,
            boolean estimated,
            Usage usage,
            SortedMap<String, Long> calls,
            PriceVersionId priceVersion,
            Money charge,
            Money payable,
            Money shortfall) {}

    /// How it ended in one word: the ending of a charged request, else the problem's code.
    public String status() {
        if (bill != null) {
            return bill.ending().name().toLowerCase(Locale.ROOT);
        }
        return problem == null ? CALLER_LEFT : problem;
    }
}
