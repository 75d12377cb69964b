package mooring.metering.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import mooring.inference.Usage;
import mooring.metering.store.ChargeShares.Item;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The published prices by which charges are explained. The one place in this package that reads
/// them.
final class StoredRates {

    static final List<String> CLASSES =
            List.of("input", "cache_read", "cache_write_5m", "cache_write_1h", "output");

    private record Key(UUID version, String model, String tier, String tokenClass) {}

    private record Rate(long bandFrom, long nanosPerMillion) {}

    private final Map<Key, List<Rate>> rates = new HashMap<>();
    private final Map<Key, Long> calls = new HashMap<>();

    private StoredRates() {}

    static StoredRates read(Handle handle, Collection<UUID> versions) {
        StoredRates stored = new StoredRates();
        handle.createQuery(
                        """
                        SELECT price_version_id, model, token_class, nanos_per_million,
                            service_tier AS tier, band_from
                        FROM price_item WHERE price_version_id = ANY (:versions)
                        ORDER BY band_from
                        """)
                .bind("versions", SqlArrays.column("uuid", versions, version -> version))
                .map(
                        (row, _) ->
                                stored.rates
                                        .computeIfAbsent(
                                                new Key(
                                                        row.getObject(
                                                                "price_version_id", UUID.class),
                                                        row.getString("model"),
                                                        row.getString("tier"),
                                                        row.getString("token_class")),
                                                _ -> new ArrayList<>())
                                        .add(
                                                new Rate(
                                                        row.getLong("band_from"),
                                                        row.getLong("nanos_per_million"))))
                .list();
        handle.createQuery(
                        """
                        SELECT price_version_id, model, name, nanos_per_call FROM price_call
                        WHERE price_version_id = ANY (:versions)
                        """)
                .bind("versions", SqlArrays.column("uuid", versions, version -> version))
                .map(
                        (row, _) ->
                                stored.calls.put(
                                        new Key(
                                                row.getObject("price_version_id", UUID.class),
                                                row.getString("model"),
                                                "",
                                                row.getString("name")),
                                        row.getLong("nanos_per_call")))
                .list();
        return stored;
    }

    /// What was used, class by class, each at its price for a prompt of this length.
    List<Item> items(
            UUID version,
            String model,
            String tier,
            long promptTokens,
            Usage usage,
            SortedMap<String, Long> called) {
        List<Item> items = new ArrayList<>();
        for (String tokenClass : CLASSES) {
            long tokens = tokens(usage, tokenClass);
            if (tokens > 0) {
                items.add(
                        Item.tokens(
                                tokenClass,
                                tokens,
                                rate(new Key(version, model, tier, tokenClass), promptTokens)));
            }
        }
        called.forEach(
                (name, count) ->
                        items.add(
                                Item.calls(
                                        name,
                                        count,
                                        calls.getOrDefault(
                                                new Key(version, model, "", name), 0L))));
        return items;
    }

    static long tokens(Usage usage, String tokenClass) {
        return switch (tokenClass) {
            case "input" -> usage.inputUncached();
            case "cache_read" -> usage.cacheRead();
            case "cache_write_5m" -> usage.cacheWrite5m();
            case "cache_write_1h" -> usage.cacheWrite1h();
            default -> usage.output();
        };
    }

    private long rate(Key key, long promptTokens) {
        long nanos = 0;
        for (Rate rate : rates.getOrDefault(key, List.of())) {
            if (rate.bandFrom() <= promptTokens) {
                nanos = rate.nanosPerMillion();
            }
        }
        return nanos;
    }
}
