package mooring.catalog.file;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.config.ConfigException;
import mooring.config.ConfigText;
import mooring.config.Mistakes;
import mooring.config.Yaml;
import mooring.config.YamlSection;
import mooring.inference.ModelId;
import mooring.money.Currency;
import mooring.money.Rate;
import org.jspecify.annotations.Nullable;

/// The prices that an operator wants, as decimals per million tokens. They count once published.
public record PriceFile(Currency currency, Map<ModelId, ModelPrice> prices) {

    private static final List<String> CLASSES =
            List.of("input", "cache_read", "cache_write_5m", "cache_write_1h", "output");

    private static final String RATE_EXPECTED =
            "the price of a million tokens as a decimal in quotes, as in \"0.20\"";

    public PriceFile {
        prices = Collections.unmodifiableMap(new LinkedHashMap<>(prices));
    }

    /// @throws ConfigException naming every mistake with its line
    public static PriceFile read(ConfigText text) {
        Mistakes mistakes = new Mistakes(text.name());
        YamlSection file = YamlSection.read(text, mistakes);
        Currency currency = currency(file);
        Map<ModelId, ModelPrice> prices = new LinkedHashMap<>();
        YamlSection models = file.section("models");
        for (String id : models.names()) {
            if (!id.matches(CatalogFile.ID_FORM)) {
                models.refuse(id, "no model's name", CatalogFile.ID_EXPECTED);
            }
            ModelPrice price = price(models.section(id));
            if (price != null) {
                prices.put(new ModelId(id), price);
            }
        }
        if (models.names().isEmpty() && file.sound()) {
            file.missing("models", "a price for every model");
        }
        file.finish();
        mistakes.throwIfAny();
        return new PriceFile(currency, prices);
    }

    /// The models on offer that have no price here, in the catalogue's order. None may be served.
    public static List<ModelId> missing(Catalog catalog, Map<ModelId, ModelPrice> prices) {
        return catalog.models().stream()
                .map(Model::id)
                .filter(id -> !prices.containsKey(id))
                .toList();
    }

    /// A line for each price of a model that is not on offer: perhaps a slip, perhaps kept for
    /// later.
    public List<String> warnings(Catalog catalog) {
        return prices.keySet().stream()
                .filter(id -> catalog.find(id) == null)
                .map(id -> "prices: \"" + id + "\" is priced but not in the catalogue")
                .toList();
    }

    /// What publishing this file would change, a line each; empty when nothing.
    public List<String> diff(PriceVersion current) {
        List<String> lines = new ArrayList<>();
        if (!currency.equals(current.currency())) {
            lines.add("currency: " + current.currency() + " → " + currency);
        }
        TreeSet<String> ids = new TreeSet<>();
        prices.keySet().forEach(id -> ids.add(id.text()));
        current.prices().keySet().forEach(id -> ids.add(id.text()));
        for (String id : ids) {
            ModelPrice before = current.price(new ModelId(id));
            ModelPrice after = prices.get(new ModelId(id));
            if (before == null && after != null) {
                lines.add(id + ": new, " + shown(after));
            } else if (before != null && after == null) {
                lines.add(id + ": no longer priced, was " + shown(before));
            } else if (before != null && after != null) {
                for (int i = 0; i < CLASSES.size(); i++) {
                    Rate old = rates(before).get(i);
                    Rate now = rates(after).get(i);
                    if (!old.equals(now)) {
                        lines.add(
                                id + ": " + CLASSES.get(i) + " " + old.text() + " → " + now.text());
                    }
                }
            }
        }
        return lines;
    }

    private static Currency currency(YamlSection file) {
        String expected = "three capital letters, as in USD";
        String code = file.text("currency", expected);
        if (code != null && code.matches("[A-Z]{3}")) {
            return new Currency(code);
        }
        if (code != null) {
            file.refuse("currency", "\"" + code + "\"", expected);
        } else if (!file.has("currency")) {
            file.missing("currency", expected);
        }
        return Currency.USD;
    }

    private static @Nullable ModelPrice price(YamlSection section) {
        boolean free = section.flag("free", false);
        Rate input = rate(section, "input", free ? Rate.FREE : null);
        Rate cacheRead = rate(section, "cache_read", input);
        Rate cacheWrite5m = rate(section, "cache_write_5m", input);
        Rate cacheWrite1h = rate(section, "cache_write_1h", input);
        Rate output = rate(section, "output", free ? Rate.FREE : null);
        section.finish();
        if (!section.sound()
                || input == null
                || cacheRead == null
                || cacheWrite5m == null
                || cacheWrite1h == null
                || output == null) {
            return null;
        }
        ModelPrice price = new ModelPrice(input, cacheRead, cacheWrite5m, cacheWrite1h, output);
        boolean nothing = rates(price).stream().allMatch(Rate::free);
        if (free && !nothing) {
            section.refuse("free", "true beside a price", "every price \"0\", or no free");
        } else if (nothing && !free) {
            section.missing("free", "free: true, since every price is 0");
        }
        return price;
    }

    private static @Nullable Rate rate(YamlSection section, String name, @Nullable Rate absent) {
        Yaml.Scalar written = section.scalar(name, RATE_EXPECTED);
        if (written == null) {
            if (absent == null && section.sound()) {
                section.missing(name, RATE_EXPECTED);
            }
            return absent;
        }
        return switch (written.kind()) {
            case TEXT -> {
                try {
                    yield Rate.parse(written.text());
                } catch (IllegalArgumentException _) {
                    section.refuse(
                            name,
                            written.shown(),
                            "a decimal from 0 with at most nine digits after the point, as in"
                                    + " \"0.20\"");
                    yield null;
                }
            }
            case NUMBER -> {
                section.refuse(
                        name,
                        written.shown(),
                        "\""
                                + written.text()
                                + "\" in quotes: a bare number is read as binary floating point,"
                                + " which cannot hold every decimal exactly");
                yield null;
            }
            case BOOLEAN, NOTHING -> {
                section.refuse(name, written.shown(), RATE_EXPECTED);
                yield null;
            }
        };
    }

    private static List<Rate> rates(ModelPrice price) {
        return List.of(
                price.input(),
                price.cacheRead(),
                price.cacheWrite5m(),
                price.cacheWrite1h(),
                price.output());
    }

    private static String shown(ModelPrice price) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < CLASSES.size(); i++) {
            parts.add(CLASSES.get(i) + " " + rates(price).get(i).text());
        }
        return String.join(", ", parts);
    }
}
