package mooring.simulator;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.simulator.script.Directive;

/// A running pretend engine on loopback: what tests talk to in the place of vLLM or llama.cpp.
///
/// All its work is done on one event loop. It generates made-up words and is no model.
public final class EngineSimulator implements AutoCloseable {

    /// What it calls itself wherever an engine tells its name.
    public static final String NAME = "mooring-simulator";

    static final String SERVER_HEADER = NAME + " (for tests only, not a model)";

    private static final String HOST = "127.0.0.1";
    private static final int BACKLOG = 4_096;
    private static final long START_SECONDS = 20;
    private static final long STOP_SECONDS = 10;

    private final Vertx vertx;
    private final Engine engine;
    private final int port;

    private EngineSimulator(Vertx vertx, Engine engine, int port) {
        this.vertx = vertx;
        this.engine = engine;
        this.port = port;
    }

    /// Starts an engine; it listens when this returns.
    public static EngineSimulator start(SimulatorOptions options) {
        GenerationLog log = new GenerationLog(options.logFile());
        Vertx vertx =
                Vertx.vertx(
                        new VertxOptions()
                                .setEventLoopPoolSize(1)
                                .setWorkerPoolSize(2)
                                .setInternalBlockingPoolSize(2)
                                .setFileSystemOptions(
                                        new FileSystemOptions()
                                                .setFileCachingEnabled(false)
                                                .setClassPathResolvingEnabled(false)));
        try {
            Context loop = vertx.getOrCreateContext();
            Engine engine = new Engine(vertx, loop, options, log);
            Door door = new Door(engine);
            HttpServer server =
                    vertx.createHttpServer(
                                    new HttpServerOptions()
                                            .setHost(HOST)
                                            .setPort(options.port())
                                            .setAcceptBacklog(BACKLOG))
                            .requestHandler(door::handle);
            await(server.listen(), START_SECONDS);
            return new EngineSimulator(vertx, engine, server.actualPort());
        } catch (RuntimeException e) {
            vertx.close();
            log.close();
            throw e;
        }
    }

    /// The address to send requests to, without a trailing slash.
    public URI url() {
        return URI.create("http://" + HOST + ":" + port);
    }

    /// What was generated so far, ended requests only, oldest first; at most the last 100,000.
    public List<GenerationRecord> log() {
        return engine.log.latest(GenerationLog.MAX_RECORDS);
    }

    /// Requests that arrived and have not ended.
    public int open() {
        return engine.open.get();
    }

    /// Orders the same for the next `times` requests that carry no directive of their own.
    public void script(String directive, int times) {
        engine.script.enqueue(Directive.parse(directive), times);
    }

    /// Orders what every request without other orders gets.
    public void scriptDefault(String directive) {
        engine.script.standing(Directive.parse(directive));
    }

    /// Forgets script, log, cache and counts.
    public void reset() {
        await(
                Future.<Void>future(
                        done ->
                                vertx.runOnContext(
                                        ignored -> {
                                            engine.reset();
                                            done.complete();
                                        })),
                STOP_SECONDS);
    }

    /// Closes every connection and stops; what ran is in the log as cancelled.
    @Override
    public void close() {
        await(vertx.close(), STOP_SECONDS);
        engine.log.close();
    }

    private static <T> void await(Future<T> future, long seconds) {
        try {
            future.await(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("not done within " + seconds + " s", e);
        }
    }
}
