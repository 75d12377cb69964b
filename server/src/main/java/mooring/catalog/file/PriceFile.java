package mooring.catalog.file;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceDraft;
import mooring.catalog.PriceGaps;
import mooring.catalog.PriceVersion;
import mooring.config.ConfigException;
import mooring.config.ConfigText;
import mooring.config.Mistakes;
import mooring.config.YamlSection;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.money.Currency;

/// The prices that an operator wants, as decimals per million tokens or per call. They count once
/// published.
///
/// @param prices the default list
/// @param lists the lists of particular customers by name, each whole: the default list's models
///   where it says nothing else
public record PriceFile(
        Currency currency,
        Map<ModelId, ModelPrice> prices,
        SortedMap<String, Map<ModelId, ModelPrice>> lists) {

    private static final String LIST_EXPECTED =
            "1 to 63 of a-z, 0-9, _ and -, first no _ or -, and not default";

    public PriceFile {
        prices = Collections.unmodifiableMap(new LinkedHashMap<>(prices));
        lists = Collections.unmodifiableSortedMap(new TreeMap<>(lists));
    }

    /// @throws ConfigException naming every mistake with its line
    public static PriceFile read(ConfigText text) {
        Mistakes mistakes = new Mistakes(text.name());
        YamlSection file = YamlSection.read(text, mistakes);
        Currency currency = currency(file);
        PriceReader reader = new PriceReader(PriceReader.calls(file));
        Map<ModelId, ModelPrice> prices = models(file, reader);
        YamlSection named = file.section("lists");
        SortedMap<String, Map<ModelId, ModelPrice>> lists = new TreeMap<>();
        for (String name : named.names()) {
            if (!name.matches(PriceVersion.LIST_FORM) || name.equals(PriceVersion.DEFAULT_LIST)) {
                named.refuse(name, "no list's name", LIST_EXPECTED);
            }
            YamlSection list = named.section(name);
            Map<ModelId, ModelPrice> whole = new HashMap<>(prices);
            whole.putAll(models(list, reader));
            if (list.names().isEmpty() && list.sound()) {
                list.missing("models", "the models that cost something else in this list");
            }
            list.finish();
            lists.put(name, whole);
        }
        if (file.section("models").names().isEmpty() && file.sound()) {
            file.missing("models", "a price for every model");
        }
        file.finish();
        mistakes.throwIfAny();
        return new PriceFile(currency, prices, lists);
    }

    /// Every list as it would be published, the default one first.
    public List<PriceDraft> drafts() {
        List<PriceDraft> drafts = new ArrayList<>();
        drafts.add(new PriceDraft(PriceVersion.DEFAULT_LIST, currency, prices));
        lists.forEach((name, list) -> drafts.add(new PriceDraft(name, currency, list)));
        return drafts;
    }

    /// What keeps the file from being published: a sentence for each price that a model on offer
    /// lacks.
    public List<String> gaps(Catalog catalog) {
        return drafts().stream().flatMap(draft -> PriceGaps.of(draft, catalog).stream()).toList();
    }

    /// A line for each price that nobody can be asked for: perhaps a slip, perhaps kept for later.
    public List<String> warnings(Catalog catalog) {
        List<String> warnings = new ArrayList<>();
        prices.forEach(
                (id, price) -> {
                    Model model = catalog.find(id);
                    if (model == null) {
                        warnings.add("prices: \"" + id + "\" is priced but not in the catalogue");
                        return;
                    }
                    for (ServiceTier tier : price.tiers()) {
                        if (!model.tiers().contains(tier)) {
                            warnings.add(
                                    "prices: \""
                                            + id
                                            + "\" has a "
                                            + tier
                                            + " price but does not offer that tier in the"
                                            + " catalogue");
                        }
                    }
                });
        return warnings;
    }

    private static Map<ModelId, ModelPrice> models(YamlSection of, PriceReader reader) {
        Map<ModelId, ModelPrice> prices = new LinkedHashMap<>();
        YamlSection models = of.section("models");
        for (String id : models.names()) {
            if (!id.matches(CatalogFile.ID_FORM)) {
                models.refuse(id, "no model's name", CatalogFile.ID_EXPECTED);
            }
            ModelPrice price = reader.price(models.section(id));
            if (price != null) {
                prices.put(new ModelId(id), price);
            }
        }
        return prices;
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
}
