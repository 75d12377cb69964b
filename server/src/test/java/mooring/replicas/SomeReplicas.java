package mooring.replicas;

import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.catalog.Catalog;
import mooring.catalog.EngineKind;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.ReplicaSpec;
import mooring.inference.ModelId;
import mooring.time.Clock;

/// Replicas of one model, all ready, each with ten slots.
public final class SomeReplicas {

    public static final ModelId MODEL = new ModelId("kauri");

    private SomeReplicas() {}

    public static Replicas ready(int count, Clock clock) {
        ReplicaSpec spec =
                new ReplicaSpec.Address(
                        EngineKind.VLLM, null, 10, URI.create("http://127.0.0.1:9"), null);
        Model model =
                new Model(
                        MODEL,
                        "tests",
                        1_000,
                        100,
                        100,
                        Set.of(),
                        new ParameterRules(Map.of()),
                        Set.of(),
                        Collections.nCopies(count, spec));
        Replicas replicas = new Replicas(new Catalog(List.of(model)), clock);
        replicas.all().forEach(each -> each.update(new Replica.State.Ready()));
        return replicas;
    }
}
