package mooring.engine;

import mooring.replicas.Replica;

/// The adapter that speaks to a replica.
@FunctionalInterface
public interface Engines {

    Engine of(Replica replica);
}
