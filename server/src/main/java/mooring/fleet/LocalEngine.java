package mooring.fleet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.process.ChildException;
import mooring.process.ChildProcess;
import mooring.process.ChildSpec;
import mooring.process.Children;
import mooring.process.Signal;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One engine on this machine, kept running as long as it is wanted.
///
/// A thread of its own starts the process, asks for its health, starts it again with growing delays
/// when it ends, and gives up on one that can never work. The process dies with us: by the kernel's
/// signal where that exists, and by the end of its input.
public final class LocalEngine implements AutoCloseable {
    /// What an engine exits with to say that trying again is useless, as for a bad model file.
    public static final int EXIT_NEVER = 3;

    private static final Logger LOG = LoggerFactory.getLogger(LocalEngine.class);
    private static final Duration CLOSE_EXTRA = Duration.ofSeconds(15);

    private final EngineSpec spec;
    private final Patience patience;
    private final Clock clock;
    private final LocalEngineWatcher watcher;
    private final CompletableFuture<Void> closing = new CompletableFuture<>();
    private final Thread supervisor;
    private volatile EngineState state = new EngineState.Starting("not started yet");
    private volatile @Nullable ChildProcess process;
    private boolean everReady;
    private int failures;

    private LocalEngine(
            EngineSpec spec, Patience patience, Clock clock, LocalEngineWatcher watcher) {
        this.spec = spec;
        this.patience = patience;
        this.clock = clock;
        this.watcher = watcher;
        this.supervisor = Thread.ofVirtual().name("engine-" + spec.name()).unstarted(this::run);
    }

    /// Starts the engine and its supervision; returns at once.
    ///
    /// @param watcher told of each new state in order, on the engine's own thread
    public static LocalEngine start(
            EngineSpec spec, Patience patience, Clock clock, LocalEngineWatcher watcher) {
        LocalEngine engine = new LocalEngine(spec, patience, clock, watcher);
        engine.supervisor.start();
        return engine;
    }

    public EngineSpec spec() {
        return spec;
    }

    public EngineState state() {
        return state;
    }

    /// The process id of the present process; -1 when there is none.
    public long pid() {
        ChildProcess present = process;
        return present == null || !present.alive() ? -1 : present.pid();
    }

    /// Ends the engine: its input, a polite signal, and after the grace the end.
    @Override
    public void close() {
        closing.complete(null);
        try {
            if (!supervisor.join(patience.stopGrace().plus(patience.probe()).plus(CLOSE_EXTRA))) {
                LOG.error("engine {}: process {} cannot be stopped", spec.name(), pid());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!closing.isDone()) {
                String reason = oneLife();
                if (closing.isDone() || state instanceof EngineState.Failed) {
                    break;
                }
                failures++;
                if (!everReady && failures >= patience.maxFailedStarts()) {
                    become(new EngineState.Failed(failures + " starts failed, last: " + reason));
                    break;
                }
                Duration delay = patience.backOff(failures);
                become(new EngineState.BackingOff(reason, delay));
                waitFor(closing, delay);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException bug) {
            LOG.error("engine {}: supervision ended", spec.name(), bug);
            become(new EngineState.Failed("supervision ended: " + bug));
        }
        if (!(state instanceof EngineState.Failed)) {
            become(new EngineState.Stopped());
        }
    }

    /// Starts the process once and watches it to its end; tells why it ended.
    private String oneLife() throws InterruptedException {
        ChildProcess child;
        URI url;
        try {
            String port = Integer.toString(freePort());
            url = URI.create(spec.url().replace(EngineSpec.PORT, port));
            writeKey();
            become(new EngineState.Starting("started, loading"));
            child = Children.start(childSpec(port));
        } catch (ChildException | IOException failure) {
            return String.valueOf(failure.getMessage());
        }
        process = child;
        String ill;
        try {
            ill = watch(child, url);
        } finally {
            child.stop(Signal.TERM, patience.stopGrace());
        }
        if (closing.isDone()) {
            return "closed";
        }
        if (ill != null) {
            return ill;
        }
        int status = child.onExit().getNow(-1);
        String line = child.lastLine();
        String reason = "exit status " + status + (line == null ? "" : ": " + line);
        if (status == EXIT_NEVER) {
            become(new EngineState.Failed(reason));
        }
        return reason;
    }

    /// Asks for its health until it ends, we close (null), or it is ill for too long (why).
    private @Nullable String watch(ChildProcess child, URI url) throws InterruptedException {
        CompletableFuture<Object> end = CompletableFuture.anyOf(child.onExit(), closing);
        long startNanos = clock.monotonicNanos();
        long lastGoodNanos = startNanos;
        long readySinceNanos = startNanos;
        boolean served = false;
        int misses = 0;
        while (!end.isDone()) {
            HealthProbe.Answer answer = HealthProbe.ask(url, spec.healthPath(), patience.probe());
            long now = clock.monotonicNanos();
            boolean ready = state instanceof EngineState.Ready;
            if (end.isDone()) {
                break;
            }
            switch (answer) {
                case HealthProbe.Answer.Serving() -> {
                    misses = 0;
                    lastGoodNanos = now;
                    if (!ready) {
                        readySinceNanos = now;
                        everReady = true;
                        served = true;
                        become(new EngineState.Ready(url));
                    } else if (now - readySinceNanos > patience.quiet().toNanos()) {
                        failures = 0;
                    }
                }
                case HealthProbe.Answer.Loading() -> {
                    lastGoodNanos = now;
                    misses++;
                    notReadyAfterMisses(ready, misses, "it loads");
                }
                case HealthProbe.Answer.Wrong(String reason) -> {
                    misses++;
                    notReadyAfterMisses(ready, misses, reason);
                    if (served && now - lastGoodNanos > patience.hang().toNanos()) {
                        return "hung: " + reason;
                    }
                }
            }
            if (!served && now - startNanos > patience.load().toNanos()) {
                return "not ready within " + patience.load();
            }
            ready = state instanceof EngineState.Ready;
            waitFor(end, ready ? patience.readyPoll() : patience.startingPoll());
        }
        return null;
    }

    private void notReadyAfterMisses(boolean ready, int misses, String reason) {
        if (ready && misses >= patience.missesUntilNotReady()) {
            become(new EngineState.Starting("stopped serving: " + reason));
        }
    }

    private ChildSpec childSpec(String port) {
        List<String> command =
                spec.command().stream().map(word -> word.replace(EngineSpec.PORT, port)).toList();
        Map<String, String> environment = new LinkedHashMap<>();
        spec.environment()
                .forEach(
                        (name, value) ->
                                environment.put(name, value.replace(EngineSpec.PORT, port)));
        return ChildSpec.of("engine " + spec.name(), command, spec.logFile())
                .withEnvironment(environment)
                .withInputOpen();
    }

    private void writeKey() throws IOException {
        Path file = spec.keyFile();
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.deleteIfExists(file);
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, spec.key() + "\n");
    }

    private void become(EngineState next) {
        EngineState before = state;
        if (before.equals(next)) {
            return;
        }
        state = next;
        LOG.info("engine {}: {}", spec.name(), next);
        try {
            watcher.changed(this, before, next);
        } catch (RuntimeException bug) {
            LOG.error("engine {}: its watcher failed at {}", spec.name(), next, bug);
        }
    }

    private static void waitFor(CompletableFuture<?> end, Duration most)
            throws InterruptedException {
        try {
            end.get(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException stillGoing) {
            // Which is what was expected.
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
