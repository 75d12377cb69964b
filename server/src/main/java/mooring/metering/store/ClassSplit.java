package mooring.metering.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import mooring.inference.Usage;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.Grouping;
import mooring.metering.UsageReports.Row;
import mooring.metering.store.ChargeShares.Item;
import mooring.metering.store.PostgresUsageReports.Sums;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Sums divided into classes of tokens. Tokens are exact; a group's exact charge is shared out by
/// its tokens at list price (the shortest prompts' where a price goes by the prompt's length).
final class ClassSplit {

    private record Group(
            int bucket,
            @Nullable String model,
            @Nullable UUID key,
            @Nullable UUID project,
            @Nullable String tier) {}

    private static final class Shares {
        final Map<String, Long> tokens = new HashMap<>();
        final Map<String, Long> charges = new HashMap<>();
        long requests;
        long reasoning;
        long adjusted;
    }

    /// Stands for corrections, which belong to no class of tokens.
    private static final String ADJUSTMENT = "adjustment";

    private ClassSplit() {}

    static List<Row> of(
            Handle handle, List<Sums> sums, UsageSpan span, Set<Grouping> by, Currency currency) {
        StoredRates rates =
                StoredRates.read(
                        handle,
                        sums.stream()
                                .map(Sums::priceVersion)
                                .filter(Objects::nonNull)
                                .collect(Collectors.toSet()));
        Map<Group, Shares> groups = new LinkedHashMap<>();
        for (Sums one : sums) {
            Shares shares = groups.computeIfAbsent(group(one, by), _ -> new Shares());
            List<Item> items =
                    rates.items(
                            Objects.requireNonNull(one.priceVersion()),
                            Objects.requireNonNull(one.model()),
                            Objects.requireNonNull(one.tier()),
                            0,
                            one.usage(),
                            UsageRecord.NO_CALLS);
            long[] amounts = ChargeShares.of(one.charge(), items);
            for (int i = 0; i < amounts.length; i++) {
                shares.tokens.merge(items.get(i).name(), items.get(i).quantity(), Math::addExact);
                shares.charges.merge(items.get(i).name(), amounts[i], Math::addExact);
            }
            if (items.isEmpty() && one.charge() > 0) {
                shares.charges.merge("output", one.charge(), Math::addExact);
            }
            shares.requests += one.requests();
            shares.reasoning += one.usage().reasoning();
            shares.adjusted = Math.addExact(shares.adjusted, one.adjusted());
        }
        boolean timed =
                by.contains(Grouping.DAY)
                        || by.contains(Grouping.HOUR)
                        || by.contains(Grouping.MINUTE);
        List<Row> rows = new ArrayList<>();
        groups.forEach(
                (group, shares) -> {
                    Instant start = timed ? span.starts.get(group.bucket()) : null;
                    for (String tokenClass : StoredRates.CLASSES) {
                        if (shares.charges.containsKey(tokenClass)) {
                            rows.add(row(group, shares, tokenClass, start, currency));
                        }
                    }
                    if (shares.adjusted != 0) {
                        rows.add(row(group, shares, ADJUSTMENT, start, currency));
                    }
                });
        return rows;
    }

    /// The place of a class among the others; -1 for none.
    static int order(@Nullable String tokenClass) {
        if (tokenClass == null) {
            return -1;
        }
        return tokenClass.equals(ADJUSTMENT)
                ? StoredRates.CLASSES.size()
                : StoredRates.CLASSES.indexOf(tokenClass);
    }

    private static Group group(Sums sums, Set<Grouping> by) {
        return new Group(
                sums.bucket(),
                by.contains(Grouping.MODEL) ? sums.model() : null,
                sums.key(),
                sums.project(),
                by.contains(Grouping.TIER) ? sums.tier() : null);
    }

    private static Row row(
            Group group,
            Shares shares,
            String tokenClass,
            @Nullable Instant start,
            Currency currency) {
        Sums shown =
                new Sums(
                        group.bucket(),
                        group.model(),
                        group.key(),
                        group.project(),
                        group.tier(),
                        null,
                        tokenClass.equals(ADJUSTMENT) ? 0 : shares.requests,
                        Usage.NONE,
                        0,
                        0);
        return PostgresUsageReports.row(
                shown,
                start,
                tokenClass,
                usage(tokenClass, shares),
                new Money(shares.charges.getOrDefault(tokenClass, 0L), currency),
                new Money(tokenClass.equals(ADJUSTMENT) ? shares.adjusted : 0, currency));
    }

    private static Usage usage(String tokenClass, Shares shares) {
        long tokens = shares.tokens.getOrDefault(tokenClass, 0L);
        return switch (tokenClass) {
            case "input" -> new Usage(tokens, 0, 0, 0, 0, 0);
            case ADJUSTMENT -> Usage.NONE;
            case "cache_read" -> new Usage(0, tokens, 0, 0, 0, 0);
            case "cache_write_5m" -> new Usage(0, 0, tokens, 0, 0, 0);
            case "cache_write_1h" -> new Usage(0, 0, 0, tokens, 0, 0);
            default -> Usage.NONE.withOutput(tokens, shares.reasoning);
        };
    }
}
