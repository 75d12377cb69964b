package mooring.replicas;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.inference.ModelId;
import mooring.time.Clock;

/// All replicas of all models, in the catalogue's order.
public final class Replicas {

    private final List<Replica> all;
    private final Map<ModelId, List<Replica>> byModel;

    public Replicas(Catalog catalog, Clock clock) {
        List<Replica> replicas = new ArrayList<>();
        Map<ModelId, List<Replica>> grouped = new HashMap<>();
        for (Model model : catalog.models()) {
            List<Replica> ofModel = new ArrayList<>();
            for (int i = 0; i < model.replicas().size(); i++) {
                ofModel.add(
                        new Replica(
                                model.id() + "-" + (i + 1),
                                model.id(),
                                model.replicas().get(i),
                                clock));
            }
            grouped.put(model.id(), List.copyOf(ofModel));
            replicas.addAll(ofModel);
        }
        all = List.copyOf(replicas);
        byModel = Map.copyOf(grouped);
    }

    public List<Replica> all() {
        return all;
    }

    public List<Replica> of(ModelId model) {
        return byModel.getOrDefault(model, List.of());
    }
}
