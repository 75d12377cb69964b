package mooring.admission;

import io.vertx.core.Future;
import mooring.inference.Request;

/// Counts a prompt exactly, by an engine of its model. Fails when no engine can tell.
@FunctionalInterface
public interface PromptCounter {

    Future<Long> count(Request request);
}
