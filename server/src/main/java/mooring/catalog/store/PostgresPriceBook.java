package mooring.catalog.store;

import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceBook;
import mooring.catalog.PriceVersion;
import mooring.ids.IdGenerator;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.money.Currency;
import mooring.money.Rate;
import mooring.sql.SqlArrays;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Price versions as rows that no statement changes once they are published.
public final class PostgresPriceBook implements PriceBook {

    private record Item(String model, String tokenClass, long nanosPerMillion) {}

    private record Head(UUID id, int number, Currency currency, OffsetDateTime effectiveFrom) {}

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresPriceBook(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    @Override
    public Optional<PriceVersion> current() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id FROM price_version WHERE published_at IS NOT NULL
                                        ORDER BY number DESC LIMIT 1
                                        """)
                                .mapTo(UUID.class)
                                .findOne()
                                .flatMap(id -> read(handle, id)));
    }

    @Override
    public Optional<PriceVersion> find(PriceVersionId id) {
        return jdbi.withHandle(handle -> read(handle, id.uuid()));
    }

    @Override
    public PriceVersion publish(Currency currency, Map<ModelId, ModelPrice> prices) {
        UUID id = ids.next();
        return jdbi.inTransaction(
                handle -> {
                    // Two that publish at once get two numbers.
                    handle.execute("LOCK TABLE price_version IN EXCLUSIVE MODE");
                    handle.createUpdate(
                                    """
                                    INSERT INTO price_version (id, number, currency, effective_from)
                                    SELECT :id, coalesce(max(number), 0) + 1, :currency, :at
                                    FROM price_version
                                    """)
                            .bind("id", id)
                            .bind("currency", currency.code())
                            .bind("at", clock.now())
                            .execute();
                    insertItems(handle, id, prices);
                    handle.createUpdate(
                                    """
                                    UPDATE price_version SET published_at = effective_from
                                    WHERE id = :id
                                    """)
                            .bind("id", id)
                            .execute();
                    return read(handle, id).orElseThrow();
                });
    }

    private static void insertItems(Handle handle, UUID id, Map<ModelId, ModelPrice> prices) {
        List<Item> items = new ArrayList<>();
        prices.forEach(
                (model, price) -> {
                    add(items, model, "input", price.input());
                    add(items, model, "cache_read", price.cacheRead());
                    add(items, model, "cache_write_5m", price.cacheWrite5m());
                    add(items, model, "cache_write_1h", price.cacheWrite1h());
                    add(items, model, "output", price.output());
                });
        handle.createUpdate(
                        """
                        INSERT INTO price_item (price_version_id, model, token_class,
                            nanos_per_million)
                        SELECT :version, i.model, i.token_class, i.nanos
                        FROM unnest(:models, :classes, :nanos) AS i (model, token_class, nanos)
                        """)
                .bind("version", id)
                .bind("models", SqlArrays.column("text", items, Item::model))
                .bind("classes", SqlArrays.column("text", items, Item::tokenClass))
                .bind("nanos", SqlArrays.column("int8", items, Item::nanosPerMillion))
                .execute();
    }

    private static void add(List<Item> items, ModelId model, String tokenClass, Rate rate) {
        items.add(new Item(model.text(), tokenClass, rate.nanosPerMillion()));
    }

    private static Optional<PriceVersion> read(Handle handle, UUID id) {
        return handle.createQuery(
                        """
                        SELECT id, number, currency, effective_from FROM price_version
                        WHERE id = :id
                        """)
                .bind("id", id)
                .map(
                        (row, _) ->
                                new Head(
                                        row.getObject("id", UUID.class),
                                        row.getInt("number"),
                                        new Currency(row.getString("currency")),
                                        row.getObject("effective_from", OffsetDateTime.class)))
                .findOne()
                .map(
                        head ->
                                new PriceVersion(
                                        new PriceVersionId(head.id()),
                                        head.number(),
                                        head.currency(),
                                        head.effectiveFrom().toInstant(),
                                        prices(handle, id)));
    }

    private static Map<ModelId, ModelPrice> prices(Handle handle, UUID id) {
        Map<ModelId, Map<String, Rate>> rates = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT model, token_class, nanos_per_million FROM price_item
                        WHERE price_version_id = :id
                        """)
                .bind("id", id)
                .map(
                        (row, _) ->
                                new Item(
                                        row.getString("model"),
                                        row.getString("token_class"),
                                        row.getLong("nanos_per_million")))
                .forEach(
                        item ->
                                rates.computeIfAbsent(
                                                new ModelId(item.model()), _ -> new HashMap<>())
                                        .put(item.tokenClass(), new Rate(item.nanosPerMillion())));
        Map<ModelId, ModelPrice> prices = new HashMap<>();
        rates.forEach((model, classes) -> prices.put(model, price(model, classes)));
        return prices;
    }

    private static ModelPrice price(ModelId model, Map<String, Rate> classes) {
        return new ModelPrice(
                rate(model, classes, "input"),
                rate(model, classes, "cache_read"),
                rate(model, classes, "cache_write_5m"),
                rate(model, classes, "cache_write_1h"),
                rate(model, classes, "output"));
    }

    private static Rate rate(ModelId model, Map<String, Rate> classes, String tokenClass) {
        Rate rate = classes.get(tokenClass);
        if (rate == null) {
            throw new IllegalStateException(
                    model + ": no price for " + tokenClass + " (expected: one for every class)");
        }
        return rate;
    }
}
