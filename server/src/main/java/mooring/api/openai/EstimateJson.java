package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.admission.CostEstimate;
import mooring.json.Json;
import mooring.money.Money;
import mooring.rating.Charge;

/// What a request would cost at most, as `POST /v1/estimate` answers it.
final class EstimateJson {

    private EstimateJson() {}

    static ObjectNode write(CostEstimate estimate) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("object", "estimate");
        json.put("model", estimate.model().text());
        json.put("service_tier", estimate.tier().word());
        json.put("prompt_tokens", estimate.promptTokens());
        json.put("prompt_exact", estimate.promptExact());
        json.put("max_output_tokens", estimate.maxOutputTokens());
        json.put("choices", estimate.choices());
        ArrayNode lines = json.putArray("lines");
        for (Charge.Line line : estimate.atMost().lines()) {
            lines.addObject()
                    .put("item", line.item())
                    .put(
                            "unit",
                            switch (line.unit()) {
                                case MILLION_TOKENS -> "per_million_tokens";
                                case CALL -> "per_call";
                            })
                    .put("quantity", line.quantity())
                    .put("price", line.price())
                    .put("amount", line.amount().text());
        }
        Money total = estimate.atMost().total();
        json.putObject("at_most")
                .put("amount", total.text())
                .put("currency", total.currency().code());
        json.putObject("price_version")
                .put("id", estimate.priceVersion().id().toString())
                .put("number", estimate.priceVersion().number())
                .put("list", estimate.priceVersion().list());
        return json;
    }
}
