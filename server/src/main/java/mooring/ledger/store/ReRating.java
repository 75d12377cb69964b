package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.catalog.ModelPrice;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.ledger.LedgerVerifier.Check;
import mooring.money.Currency;
import mooring.money.Rate;
import mooring.rating.Rating;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The charge of every settlement, reckoned again from its tokens and its price version. Rows are
/// streamed; only the prices are held in memory.
final class ReRating {

    private static final int FETCH = 5_000;

    private record PriceKey(UUID version, String model) {}

    private record Row(UUID request, PriceKey price, Usage usage, Currency currency, long charge) {}

    private ReRating() {}

    static Check check(Handle handle) {
        Map<PriceKey, ModelPrice> prices = prices(handle);
        List<String> rows = new ArrayList<>();
        long violations = 0;
        try (var settlements =
                handle.createQuery(
                                """
                                SELECT request_id, price_version_id, model, currency, charge,
                                    input_uncached, cache_read, cache_write_5m, cache_write_1h,
                                    output, reasoning
                                FROM settlement
                                """)
                        .setFetchSize(FETCH)
                        .map((row, _) -> read(row))
                        .iterator()) {
            while (settlements.hasNext()) {
                String offence = offence(settlements.next(), prices);
                if (offence != null) {
                    violations++;
                    if (rows.size() < PostgresLedgerVerifier.MAX_ROWS) {
                        rows.add(offence);
                    }
                }
            }
        }
        return new Check(
                "re_rating",
                "Rating a settlement again with its price version gives its charge.",
                violations,
                rows);
    }

    private static @Nullable String offence(Row row, Map<PriceKey, ModelPrice> prices) {
        ModelPrice price = prices.get(row.price());
        RequestId request = new RequestId(row.request());
        if (price == null) {
            return request + ": no price of " + row.price().model() + " in its version";
        }
        String expected = expected(row, price);
        return expected.equals(Long.toString(row.charge()))
                ? null
                : request + ": charge " + row.charge() + " (expected: " + expected + ")";
    }

    /// One absurd row must not end the check of all others.
    private static String expected(Row row, ModelPrice price) {
        try {
            return Long.toString(Rating.total(row.usage(), price, row.currency()).nanos());
        } catch (ArithmeticException _) {
            return "more than an amount can be";
        }
    }

    private static Row read(ResultSet row) throws SQLException {
        return new Row(
                row.getObject("request_id", UUID.class),
                new PriceKey(row.getObject("price_version_id", UUID.class), row.getString("model")),
                usage(row),
                new Currency(row.getString("currency")),
                row.getLong("charge"));
    }

    /// Counts that no usage can have are another check's finding; here they must only not stop it.
    private static Usage usage(ResultSet row) throws SQLException {
        long output = Math.max(0, row.getLong("output"));
        return new Usage(
                Math.max(0, row.getLong("input_uncached")),
                Math.max(0, row.getLong("cache_read")),
                Math.max(0, row.getLong("cache_write_5m")),
                Math.max(0, row.getLong("cache_write_1h")),
                output,
                Math.clamp(row.getLong("reasoning"), 0, output));
    }

    private static Map<PriceKey, ModelPrice> prices(Handle handle) {
        Map<PriceKey, Map<String, Rate>> rates = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT price_version_id, model, token_class, nanos_per_million
                        FROM price_item
                        """)
                .map(
                        (row, _) ->
                                Map.entry(
                                        new PriceKey(
                                                row.getObject("price_version_id", UUID.class),
                                                row.getString("model")),
                                        Map.entry(
                                                row.getString("token_class"),
                                                new Rate(row.getLong("nanos_per_million")))))
                .forEach(
                        item ->
                                rates.computeIfAbsent(item.getKey(), _ -> new HashMap<>())
                                        .put(item.getValue().getKey(), item.getValue().getValue()));
        Map<PriceKey, ModelPrice> prices = new HashMap<>();
        rates.forEach(
                (key, classes) -> {
                    // An incomplete model is named by the check of price items.
                    if (classes.size() == 5) {
                        prices.put(
                                key,
                                new ModelPrice(
                                        rate(classes, "input"),
                                        rate(classes, "cache_read"),
                                        rate(classes, "cache_write_5m"),
                                        rate(classes, "cache_write_1h"),
                                        rate(classes, "output")));
                    }
                });
        return prices;
    }

    private static Rate rate(Map<String, Rate> classes, String tokenClass) {
        Rate rate = classes.get(tokenClass);
        if (rate == null) {
            throw new IllegalStateException("price item: no class " + tokenClass);
        }
        return rate;
    }
}
