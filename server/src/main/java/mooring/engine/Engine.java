package mooring.engine;

import io.vertx.core.Future;
import java.util.Optional;
import mooring.inference.Request;

/// One engine at one address, as the request path uses it.
///
/// Everything runs on the event loop of the caller's context. An adapter knows its engine's wire
/// form and quirks, and nothing of customers or money.
public interface Engine {

    /// Sends the request and reports the answer to `listener`, never from inside this call.
    ///
    /// The listener hears events in order and then exactly one
    /// [mooring.inference.StreamEvent.Ended] or one failure; after [EngineStream#cancel] it hears
    /// nothing more.
    EngineStream open(EngineCall call, EngineListener listener);

    /// The exact number of tokens that the request's prompt will have, by the engine's own
    /// tokenizer and template. Fails with [EngineException] where the engine cannot tell.
    Future<Long> countPrompt(Request request);

    /// What the engine has computed since its start; empty where it does not tell.
    Future<Optional<EngineCounters>> counters();
}
