package mooring.engine.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.function.Consumer;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.wire.EngineHttp;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// What the engine says of itself at `/props`.
///
/// @param totalSlots how many requests it runs at once
/// @param templateHasTools whether the model's template takes tools
record EngineFacts(int totalSlots, boolean templateHasTools) {

    /// Keeps the facts as fresh as a call needs them.
    static final class Source {

        /// Shorter than any restart: a process of llama.cpp with a small model took 450 ms at least
        /// to serve. Within this time it is the same process, with as many slots.
        private static final long FRESH_MILLIS = 200;

        private final Vertx vertx;
        private final EngineHttp http;
        private final Consumer<EngineFacts> learned;
        private volatile @Nullable EngineFacts fresh;

        Source(Vertx vertx, EngineHttp http, Consumer<EngineFacts> learned) {
            this.vertx = vertx;
            this.http = http;
            this.learned = learned;
        }

        /// Fails as [EngineFailure.Unreachable] when they cannot be read: without the number of
        /// slots no slot may be named.
        Future<EngineFacts> now() {
            EngineFacts known = fresh;
            return known == null ? read() : Future.succeededFuture(known);
        }

        private Future<EngineFacts> read() {
            return http.call(HttpMethod.GET, "/props", null)
                    .map(Source::parse)
                    .onSuccess(
                            facts -> {
                                fresh = facts;
                                vertx.setTimer(FRESH_MILLIS, _ -> fresh = null);
                                learned.accept(facts);
                            })
                    .recover(
                            cause ->
                                    Future.failedFuture(
                                            new EngineException(
                                                    new EngineFailure.Unreachable(
                                                            "/props: " + cause.getMessage()))));
        }

        private static EngineFacts parse(Buffer answer) {
            JsonNode root;
            try {
                root = Json.MAPPER.readTree(answer.getBytes());
            } catch (IOException e) {
                throw new IllegalStateException("not JSON: " + e.getMessage(), e);
            }
            int slots = root.path("total_slots").asInt(0);
            if (slots < 1) {
                throw new IllegalStateException(
                        "total_slots: " + root.path("total_slots") + " (expected: at least 1)");
            }
            return new EngineFacts(
                    slots, root.path("chat_template_caps").path("supports_tools").asBoolean(false));
        }
    }
}
