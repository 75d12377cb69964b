package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import mooring.catalog.Capability;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// A model as `GET /v1/models` shows it, with window and prices so that a client can check its
/// bill.
final class ModelJson {

    private ModelJson() {}

    static ObjectNode write(Model model, @Nullable PriceVersion version) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("id", model.id().text());
        json.put("object", "model");
        json.put("created", version == null ? 0 : version.effectiveFrom().getEpochSecond());
        json.put("owned_by", model.ownedBy());
        json.put("context_length", model.contextLength());
        json.put("default_max_tokens", model.defaultMaxTokens());
        json.put("max_output_tokens", model.maxOutputTokens());
        json.put("supports_image_in", model.can(Capability.IMAGES));
        json.put("supports_video_in", false);
        json.put("supports_reasoning", model.can(Capability.REASONING));
        json.put("supports_tools", model.can(Capability.TOOLS));
        json.put("supports_json_schema", model.can(Capability.JSON_SCHEMA));
        json.put("supports_logprobs", model.can(Capability.LOGPROBS));
        json.put("supports_embeddings", model.can(Capability.EMBEDDINGS));
        ArrayNode tiers = json.putArray("service_tiers");
        model.tiers().forEach(tier -> tiers.add(tier.word()));
        ModelPrice price = version == null ? null : version.price(model.id());
        if (version != null && price != null) {
            json.set("pricing", PricingJson.write(price, version.currency()));
        } else {
            json.putNull("pricing");
        }
        return json;
    }
}
