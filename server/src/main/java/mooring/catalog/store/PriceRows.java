package mooring.catalog.store;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import mooring.catalog.Catalog;
import mooring.catalog.ClassRates;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceBand;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;
import mooring.money.Rate;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The prices of versions as rows: one for each (version, model, class, tier, band), one for each
/// call.
public final class PriceRows {

    private record Item(
            String model,
            String tokenClass,
            String tier,
            long bandFrom,
            @Nullable Long bandTo,
            long nanos) {}

    private record Call(String model, String name, long nanos) {}

    private record Offer(String model, String tier, long contextLength) {}

    private PriceRows() {}

    static void insert(
            Handle handle, UUID version, Map<ModelId, ModelPrice> prices, Catalog routable) {
        List<Item> items = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        prices.forEach(
                (model, price) -> {
                    items(items, model, price);
                    price.callNanos()
                            .forEach(
                                    (name, nanos) ->
                                            calls.add(new Call(model.text(), name, nanos)));
                });
        List<Offer> offers =
                routable.models().stream()
                        .flatMap(
                                model ->
                                        model.tiers().stream()
                                                .map(
                                                        tier ->
                                                                new Offer(
                                                                        model.id().text(),
                                                                        tier.word(),
                                                                        model.contextLength())))
                        .toList();
        insertItems(handle, version, items);
        handle.createUpdate(
                        """
                        INSERT INTO price_call (price_version_id, model, name, nanos_per_call, free)
                        SELECT :version, c.model, c.name, c.nanos, c.nanos = 0
                        FROM unnest(:models, :names, :nanos) AS c (model, name, nanos)
                        """)
                .bind("version", version)
                .bind("models", SqlArrays.column("text", calls, Call::model))
                .bind("names", SqlArrays.column("text", calls, Call::name))
                .bind("nanos", SqlArrays.column("int8", calls, Call::nanos))
                .execute();
        handle.createUpdate(
                        """
                        INSERT INTO price_offer (price_version_id, model, service_tier,
                            context_length)
                        SELECT :version, o.model, o.tier, o.length
                        FROM unnest(:models, :tiers, :lengths) AS o (model, tier, length)
                        """)
                .bind("version", version)
                .bind("models", SqlArrays.column("text", offers, Offer::model))
                .bind("tiers", SqlArrays.column("text", offers, Offer::tier))
                .bind("lengths", SqlArrays.column("int8", offers, Offer::contextLength))
                .execute();
    }

    private static void items(List<Item> items, ModelId model, ModelPrice price) {
        for (int i = 0; i < price.bands().size(); i++) {
            PriceBand band = price.bands().get(i);
            Long to = i + 1 < price.bands().size() ? price.bands().get(i + 1).from() : null;
            band.tiers()
                    .forEach(
                            (tier, rates) -> {
                                for (TokenClass tokenClass : TokenClass.values()) {
                                    items.add(
                                            new Item(
                                                    model.text(),
                                                    tokenClass.word(),
                                                    tier.word(),
                                                    band.from(),
                                                    to,
                                                    rates.of(tokenClass).nanosPerMillion()));
                                }
                            });
        }
    }

    private static void insertItems(Handle handle, UUID version, List<Item> items) {
        handle.createUpdate(
                        """
                        INSERT INTO price_item (price_version_id, model, token_class, service_tier,
                            band_from, band_to, nanos_per_million, free)
                        SELECT :version, i.model, i.token_class, i.tier, i.band_from, i.band_to,
                            i.nanos, i.nanos = 0
                        FROM unnest(:models, :classes, :tiers, :froms, :tos, :nanos)
                            AS i (model, token_class, tier, band_from, band_to, nanos)
                        """)
                .bind("version", version)
                .bind("models", SqlArrays.column("text", items, Item::model))
                .bind("classes", SqlArrays.column("text", items, Item::tokenClass))
                .bind("tiers", SqlArrays.column("text", items, Item::tier))
                .bind("froms", SqlArrays.column("int8", items, Item::bandFrom))
                .bind("tos", SqlArrays.column("int8", items, Item::bandTo))
                .bind("nanos", SqlArrays.column("int8", items, Item::nanos))
                .execute();
    }

    /// A version's prices.
    ///
    /// @throws IllegalStateException when a row is missing, which publication refuses
    public static Map<ModelId, ModelPrice> prices(Handle handle, UUID version) {
        Map<ModelId, TreeMap<Long, Map<ServiceTier, Map<TokenClass, Rate>>>> rates =
                new HashMap<>();
        handle.createQuery(
                        """
                        SELECT model, token_class, service_tier, band_from, nanos_per_million
                        FROM price_item WHERE price_version_id = :version
                        """)
                .bind("version", version)
                .map(
                        (row, _) ->
                                new Item(
                                        row.getString("model"),
                                        row.getString("token_class"),
                                        row.getString("service_tier"),
                                        row.getLong("band_from"),
                                        null,
                                        row.getLong("nanos_per_million")))
                .forEach(
                        item ->
                                rates.computeIfAbsent(
                                                new ModelId(item.model()), _ -> new TreeMap<>())
                                        .computeIfAbsent(
                                                item.bandFrom(),
                                                _ -> new EnumMap<>(ServiceTier.class))
                                        .computeIfAbsent(
                                                ServiceTier.of(item.tier()),
                                                _ -> new EnumMap<>(TokenClass.class))
                                        .put(
                                                TokenClass.of(item.tokenClass()),
                                                new Rate(item.nanos())));
        Map<ModelId, SortedMap<String, Long>> calls = calls(handle, version);
        Map<ModelId, ModelPrice> prices = new HashMap<>();
        rates.forEach(
                (model, bands) ->
                        prices.put(
                                model,
                                new ModelPrice(
                                        bands(model, bands),
                                        calls.getOrDefault(model, new TreeMap<>()))));
        return prices;
    }

    private static Map<ModelId, SortedMap<String, Long>> calls(Handle handle, UUID version) {
        Map<ModelId, SortedMap<String, Long>> calls = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT model, name, nanos_per_call FROM price_call
                        WHERE price_version_id = :version
                        """)
                .bind("version", version)
                .map(
                        (row, _) ->
                                new Call(
                                        row.getString("model"),
                                        row.getString("name"),
                                        row.getLong("nanos_per_call")))
                .forEach(
                        call ->
                                calls.computeIfAbsent(
                                                new ModelId(call.model()), _ -> new TreeMap<>())
                                        .put(call.name(), call.nanos()));
        return calls;
    }

    private static List<PriceBand> bands(
            ModelId model, SortedMap<Long, Map<ServiceTier, Map<TokenClass, Rate>>> bands) {
        List<PriceBand> list = new ArrayList<>();
        bands.forEach(
                (from, tiers) -> {
                    Map<ServiceTier, ClassRates> priced = new EnumMap<>(ServiceTier.class);
                    tiers.forEach((tier, classes) -> priced.put(tier, rates(model, classes)));
                    list.add(new PriceBand(from, priced));
                });
        return list;
    }

    private static ClassRates rates(ModelId model, Map<TokenClass, Rate> classes) {
        return new ClassRates(
                rate(model, classes, TokenClass.INPUT),
                rate(model, classes, TokenClass.CACHE_READ),
                rate(model, classes, TokenClass.CACHE_WRITE_5M),
                rate(model, classes, TokenClass.CACHE_WRITE_1H),
                rate(model, classes, TokenClass.OUTPUT));
    }

    private static Rate rate(ModelId model, Map<TokenClass, Rate> classes, TokenClass tokenClass) {
        Rate rate = classes.get(tokenClass);
        if (rate == null) {
            throw new IllegalStateException(
                    model + ": no price for " + tokenClass + " (expected: one for every class)");
        }
        return rate;
    }
}
