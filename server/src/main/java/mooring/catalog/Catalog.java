package mooring.catalog;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mooring.inference.ModelId;
import org.jspecify.annotations.Nullable;

/// The models on offer, in the order of the file that names them.
public final class Catalog {

    private final Map<ModelId, Model> models = new LinkedHashMap<>();

    public Catalog(List<Model> models) {
        for (Model model : models) {
            if (this.models.putIfAbsent(model.id(), model) != null) {
                throw new IllegalArgumentException(
                        "models: \"" + model.id() + "\" twice (expected: each id once)");
            }
        }
    }

    public @Nullable Model find(ModelId id) {
        return models.get(id);
    }

    public Collection<Model> models() {
        return models.values();
    }
}
