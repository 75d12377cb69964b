package mooring.metering;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Every admitted request that has ended, charged or not, one by one. Blocking: for virtual
/// threads.
public interface RequestLog {

    /// Which requests are wanted; null or empty lets everything through.
    ///
    /// @param from with `to` a half-open span of the instants at which requests began
    /// @param statuses words of [LoggedRequest#status]
    /// @param minCost at least this; leaves out what was not charged when above zero
    /// @param maxCost at most this
    record Filter(
            Instant from,
            Instant to,
            @Nullable String clientRequestId,
            @Nullable KeyId key,
            @Nullable ProjectId project,
            @Nullable ModelId model,
            Set<String> statuses,
            @Nullable Money minCost,
            @Nullable Money maxCost) {

        public Filter {
            statuses = Set.copyOf(statuses);
        }

        /// Everything that began in a span.
        public static Filter all(Instant from, Instant to) {
            return new Filter(from, to, null, null, null, null, Set.of(), null, null);
        }
    }

    /// A part of the log, newest first.
    ///
    /// @param next where the next page begins, null at the end; a page may be short or even empty
    ///   and still have a next one, because a search reads a bounded stretch at a time
    record Page(List<LoggedRequest> requests, @Nullable RequestId next) {}

    /// Newest first, what began before `before`.
    Page page(OrganizationId organization, Filter filter, @Nullable RequestId before, int limit);

    /// One request, wherever it is kept.
    Optional<LoggedRequest> find(OrganizationId organization, RequestId id);

    /// How a charge came about, line by line; they sum to it.
    List<PriceLine> lines(LoggedRequest request);

    /// Corrections booked later, oldest first.
    List<Adjustment> adjustments(RequestId id);

    /// What corrections have changed the charges of requests by that began in `[from, to)`; without
    /// those that were never corrected.
    Map<RequestId, Money> adjusted(OrganizationId organization, Instant from, Instant to);

    /// Hands out every request of the filter, newest first, as fast as `sink` takes them, in memory
    /// that does not grow with their number.
    void export(OrganizationId organization, Filter filter, Consumer<LoggedRequest> sink);

    /// One line of a charge.
    ///
    /// @param item a class of tokens as prices name it, or the name of a call
    /// @param unitNanos the price of a million tokens or of one call
    record PriceLine(String item, String unit, long quantity, long unitNanos, Money amount) {}
}
