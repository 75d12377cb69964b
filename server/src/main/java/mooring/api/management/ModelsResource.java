package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mooring.api.openai.PricingJson;
import mooring.catalog.Catalog;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.metering.EngineCounts;
import mooring.metering.EngineTally;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.time.Clock;

/// The models on offer, with their prices and what runs behind each.
final class ModelsResource {

    private final Catalog catalog;
    private final Replicas replicas;
    private final EngineCounts counts;
    private final Prices prices;
    private final Clock clock;

    ModelsResource(
            Catalog catalog, Replicas replicas, EngineCounts counts, Prices prices, Clock clock) {
        this.catalog = catalog;
        this.replicas = replicas;
        this.counts = counts;
        this.prices = prices;
        this.clock = clock;
    }

    Answer list(@SuppressWarnings("unused") Call call) {
        return Answer.ok(Shapes.whole(List.copyOf(catalog.models()), this::form));
    }

    private ObjectNode form(Model model) {
        ObjectNode form =
                Shapes.object()
                        .put("id", model.id().text())
                        .put("context_length", model.contextLength())
                        .put("default_max_tokens", model.defaultMaxTokens());
        PriceVersion version = prices.at(clock.now());
        ModelPrice price = version == null ? null : version.price(model.id());
        form.set(
                "pricing",
                version == null || price == null
                        ? form.nullNode()
                        : PricingJson.write(price, version.currency()));
        ArrayNode running = form.putArray("replicas");
        replicas.of(model.id()).forEach(replica -> running.add(form(replica)));
        return form;
    }

    private ObjectNode form(Replica replica) {
        ObjectNode form =
                Shapes.object()
                        .put("id", replica.id())
                        .put("engine", engine(replica.spec().engine()))
                        .put("url", replica.url() == null ? null : String.valueOf(replica.url()));
        EngineTally.Comparison compared = counts.of(replica.id());
        if (compared == null) {
            form.putNull("counts");
        } else {
            ObjectNode told = form.putObject("counts");
            tokens(told.putObject("prompt"), compared.prompt());
            tokens(told.putObject("generated"), compared.generated());
            told.put("attempts_without_usage", compared.attemptsWithoutUsage())
                    .put("explained", compared.explained());
        }
        return switch (replica.state()) {
            case Replica.State.Starting _ -> form.put("state", "starting").putNull("detail");
            case Replica.State.Ready _ -> form.put("state", "ready").putNull("detail");
            case Replica.State.Down(String reason) ->
                    form.put("state", "unhealthy").put("detail", reason);
        };
    }

    private static void tokens(ObjectNode into, EngineTally.Tokens tokens) {
        into.put("engine", tokens.engine())
                .put("settled", tokens.settled())
                .put("tolerance", tokens.tolerance())
                .put("difference", tokens.difference());
    }

    private static String engine(EngineKind kind) {
        return switch (kind) {
            case LLAMACPP -> "llama.cpp";
            case VLLM -> "vLLM";
            case SGLANG -> "SGLang";
            case OPENAI -> "OpenAI-compatible";
        };
    }
}
