package mooring.app;

import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import mooring.engine.Engine;
import mooring.engine.Engines;
import mooring.engine.llamacpp.LlamaCppEngine;
import mooring.engine.openai.OpenAiEngine;
import mooring.engine.wire.EngineHttp;
import mooring.replicas.Replica;
import org.jspecify.annotations.Nullable;

/// One adapter for each replica, made anew when the replica comes back at another address.
final class EngineAdapters implements Engines {

    private record Bound(@Nullable URI url, Engine engine) {}

    private final Vertx vertx;
    private final Function<Replica, @Nullable String> keys;
    private final Duration connectTimeout;
    private final Map<Replica, Bound> bound = new ConcurrentHashMap<>();

    EngineAdapters(Vertx vertx, Function<Replica, @Nullable String> keys, Duration connectTimeout) {
        this.connectTimeout = connectTimeout;
        this.vertx = vertx;
        this.keys = keys;
    }

    @Override
    public Engine of(Replica replica) {
        URI url = replica.url();
        Bound known = bound.get(replica);
        if (known != null && url != null && url.equals(known.url())) {
            return known.engine();
        }
        if (url == null) {
            throw new IllegalStateException(replica.id() + " has no address yet");
        }
        Bound fresh = new Bound(url, adapter(replica, url));
        bound.put(replica, fresh);
        return fresh.engine();
    }

    private Engine adapter(Replica replica, URI url) {
        EngineHttp http = new EngineHttp(vertx, url, keys.apply(replica), connectTimeout);
        String named = replica.spec().engineModel();
        String model = named == null ? replica.model().text() : named;
        return switch (replica.spec().engine()) {
            case LLAMACPP -> new LlamaCppEngine(vertx, http, model, replica.spec().slots());
            case VLLM, SGLANG, OPENAI -> new OpenAiEngine(http, replica.spec().engine(), model);
        };
    }
}
