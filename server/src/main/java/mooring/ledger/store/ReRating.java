package mooring.ledger.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import mooring.catalog.ModelPrice;
import mooring.catalog.store.PriceRows;
import mooring.ids.RequestId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.ledger.LedgerVerifier.Check;
import mooring.money.Currency;
import mooring.rating.Rating;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The charge of every settlement, reckoned again from its tokens and its price version. Rows are
/// streamed; only the prices are held in memory.
final class ReRating {

    private static final int FETCH = 5_000;

    private record PriceKey(UUID version, String model) {}

    private record Row(
            UUID request,
            PriceKey price,
            Usage usage,
            SortedMap<String, Long> calls,
            ServiceTier tier,
            Currency currency,
            long charge) {}

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
                                    output, reasoning, tier, calls
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
            return Long.toString(
                    Rating.total(row.usage(), row.calls(), row.tier(), price, row.currency())
                            .nanos());
        } catch (ArithmeticException _) {
            return "more than an amount can be";
        } catch (IllegalArgumentException e) {
            return "none: " + e.getMessage();
        }
    }

    private static Row read(ResultSet row) throws SQLException {
        return new Row(
                row.getObject("request_id", UUID.class),
                new PriceKey(row.getObject("price_version_id", UUID.class), row.getString("model")),
                usage(row),
                calls(row.getString("calls")),
                ServiceTier.of(row.getString("tier")),
                new Currency(row.getString("currency")),
                row.getLong("charge"));
    }

    private static SortedMap<String, Long> calls(@Nullable String column) {
        if (column == null) {
            return Collections.emptySortedMap();
        }
        try {
            return Json.MAPPER.readValue(column, new TypeReference<TreeMap<String, Long>>() {});
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("calls: " + column + " (expected: named counts)", e);
        }
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

    /// Versions whose rows are not whole are another check's finding; here they have no price.
    private static Map<PriceKey, ModelPrice> prices(Handle handle) {
        Map<PriceKey, ModelPrice> prices = new HashMap<>();
        handle.createQuery("SELECT id FROM price_version")
                .mapTo(UUID.class)
                .forEach(
                        version -> {
                            try {
                                PriceRows.prices(handle, version)
                                        .forEach(
                                                (model, price) ->
                                                        prices.put(
                                                                new PriceKey(version, model.text()),
                                                                price));
                            } catch (IllegalStateException | IllegalArgumentException _) {
                                // The check of price items names what is missing.
                            }
                        });
        return prices;
    }
}
