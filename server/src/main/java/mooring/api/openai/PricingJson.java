package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.catalog.ClassRates;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceBand;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;
import mooring.json.Json;
import mooring.money.Currency;
import mooring.money.Rate;

/// A model's prices as every answer shows them: those of a short prompt in the standard tier first,
/// then all of them by band and tier, and the calls.
public final class PricingJson {

    private PricingJson() {}

    public static ObjectNode write(ModelPrice price, Currency currency) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("currency", currency.code());
        json.put("unit", "per_million_tokens");
        rates(json, price.rates(0, ServiceTier.STANDARD));
        ArrayNode bands = json.putArray("bands");
        for (int i = 0; i < price.bands().size(); i++) {
            PriceBand band = price.bands().get(i);
            ObjectNode written = bands.addObject().put("from", band.from());
            if (i + 1 < price.bands().size()) {
                written.put("to", price.bands().get(i + 1).from());
            } else {
                written.putNull("to");
            }
            ObjectNode tiers = written.putObject("tiers");
            band.tiers().forEach((tier, rates) -> rates(tiers.putObject(tier.word()), rates));
        }
        ObjectNode calls = json.putObject("calls");
        price.callNanos().forEach((name, nanos) -> calls.put(name, new Rate(nanos).text()));
        return json;
    }

    private static void rates(ObjectNode json, ClassRates rates) {
        for (TokenClass tokenClass : TokenClass.values()) {
            json.put(tokenClass.word(), rates.of(tokenClass).text());
        }
    }
}
