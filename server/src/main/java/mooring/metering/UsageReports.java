package mooring.metering;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What was used, summed. Blocking: for virtual threads.
public interface UsageReports {

    /// The most stretches of time that one report is split into.
    int MAX_BUCKETS = 10_000;

    /// What a report can be split by; of day, hour and minute at most one.
    enum Grouping {
        MODEL,
        KEY,
        PROJECT,
        TIER,
        /// By class of token, so that a row counts the tokens of one class.
        CLASS,
        DAY,
        HOUR,
        MINUTE
    }

    /// Only this is summed; null lets everything through.
    record Filter(
            @Nullable ModelId model,
            @Nullable KeyId key,
            @Nullable ProjectId project,
            @Nullable ServiceTier tier) {

        public static final Filter NONE = new Filter(null, null, null, null);
    }

    /// What is asked for: sums over `[from, to)` by the instant of the final record.
    ///
    /// @param zone whose days and hours the report is split by
    record Query(
            OrganizationId organization,
            Instant from,
            Instant to,
            ZoneId zone,
            Set<Grouping> grouping,
            Filter filter) {

        public Query {
            grouping = Set.copyOf(grouping);
        }
    }

    /// One group; the parts that were not grouped by are null.
    ///
    /// @param start the first instant of its day, hour or minute
    /// @param requests how many requests; with a class, those that used any of it cannot be told,
    ///   so it is those of all classes
    /// @param cost the exact sum of charges; with a class, its share of them by list price
    /// @param adjusted what corrections booked in that time changed charges by, whenever the
    ///   requests were; with a class, in a row of the class `adjustment`
    record Row(
            @Nullable ModelId model,
            @Nullable KeyId key,
            @Nullable ProjectId project,
            @Nullable ServiceTier tier,
            @Nullable String tokenClass,
            @Nullable Instant start,
            long requests,
            Usage usage,
            Money cost,
            Money adjusted) {}

    /// Nodes that fell silent: what they served may not be in the sums yet.
    record Silent(String node, Instant since) {}

    /// A settled request with what was booked for it.
    record SettledRequest(UsageRecord record, Money payable, Money shortfall) {}

    /// In the order of time, model, key, project, tier and class.
    ///
    /// @throws mooring.problem.ProblemException when the span has more than [#MAX_BUCKETS] parts,
    ///   or ends inside a minute whose requests are archived
    List<Row> usage(Query query);

    /// Whose outcomes may be missing.
    List<Silent> silentNodes();
}
