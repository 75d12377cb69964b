package mooring.api.openai;

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
        json.put("supports_image_in", false);
        json.put("supports_video_in", false);
        json.put("supports_reasoning", model.can(Capability.REASONING));
        json.put("supports_tools", model.can(Capability.TOOLS));
        json.put("supports_json_schema", model.can(Capability.JSON_SCHEMA));
        json.put("supports_logprobs", model.can(Capability.LOGPROBS));
        ModelPrice price = version == null ? null : version.price(model.id());
        if (version != null && price != null) {
            ObjectNode pricing = json.putObject("pricing");
            pricing.put("currency", version.currency().code());
            pricing.put("unit", "per_million_tokens");
            pricing.put("input", price.input().text());
            pricing.put("cache_read", price.cacheRead().text());
            pricing.put("cache_write_5m", price.cacheWrite5m().text());
            pricing.put("cache_write_1h", price.cacheWrite1h().text());
            pricing.put("output", price.output().text());
        } else {
            json.putNull("pricing");
        }
        return json;
    }
}
