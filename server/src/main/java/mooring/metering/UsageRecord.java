package mooring.metering;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.money.Money;

/// What one request used and costs: the one fact that settlement books.
///
/// @param hold what is set aside for it in the end; settlement ends it
/// @param estimated whether a count is ours because the engine reported none, or more than the
///   request can have
/// @param calls priced by the call, by the name of their price item; mostly empty
/// @param charge the price of usage and calls, rounded once
public record UsageRecord(
        Acceptance accepted,
        Hold hold,
        Instant finishedAt,
        Ending ending,
        boolean estimated,
        Usage usage,
        SortedMap<String, Long> calls,
        Money charge,
        Served served)
        implements Outcome {

    public static final SortedMap<String, Long> NO_CALLS =
            Collections.unmodifiableSortedMap(new TreeMap<>());

    public UsageRecord {
        if (!calls.isEmpty()) {
            calls = Collections.unmodifiableSortedMap(new TreeMap<>(calls));
        }
    }

    @Override
    public RequestId id() {
        return accepted.id();
    }
}
