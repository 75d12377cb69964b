package mooring.metering;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What was used, summed or request by request. Blocking: for virtual threads.
public interface UsageReports {

    enum Grouping {
        MODEL,
        KEY,
        DAY
    }

    /// One group; the parts that were not grouped by are null. Days are UTC.
    record Row(
            @Nullable ModelId model,
            @Nullable KeyId key,
            @Nullable LocalDate day,
            long requests,
            Usage usage,
            Money cost) {}

    /// A settled request with what was booked for it.
    record SettledRequest(UsageRecord record, Money payable, Money shortfall) {}

    /// Sums over `[from, to)` by the instant of the final record.
    List<Row> usage(OrganizationId organization, Instant from, Instant to, Set<Grouping> grouping);

    /// Newest first, starting behind `after`.
    List<SettledRequest> requests(
            OrganizationId organization, @Nullable RequestId after, int limit);
}
