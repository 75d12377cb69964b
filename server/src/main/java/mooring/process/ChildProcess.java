package mooring.process;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A program that we started and that is ours to stop.
public final class ChildProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);
    private static final Duration LOG_CHECK = Duration.ofSeconds(10);
    private static final Duration AFTER_KILL = Duration.ofSeconds(5);

    private final String name;
    private final Process process;
    private final @Nullable ProcessIdentity identity;
    private final LogFile log;
    private final CompletableFuture<Integer> exit;

    ChildProcess(String name, Process process, LogFile log) {
        this.name = name;
        this.process = process;
        this.identity = ProcessIdentity.of(process.pid());
        this.log = log;
        this.exit = process.onExit().thenApply(Process::exitValue);
        Thread.ofVirtual().name("log-of-" + name).start(this::boundLog);
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    /// Who it is beyond its process id; null when it had ended before we could look.
    public @Nullable ProcessIdentity identity() {
        return identity;
    }

    public boolean alive() {
        return process.isAlive();
    }

    /// Its exit status once it has ended: 128 + n after signal n.
    public CompletableFuture<Integer> onExit() {
        return exit.copy();
    }

    /// Where the child reads, when its input was asked to stay open.
    public OutputStream input() {
        return process.getOutputStream();
    }

    /// The last lines of its output since its start, oldest first.
    public List<String> lastLines(int count) {
        return log.lastLines(count);
    }

    /// The last line of its output, or null when it has said nothing.
    public @Nullable String lastLine() {
        List<String> lines = lastLines(1);
        return lines.isEmpty() ? null : lines.getFirst();
    }

    /// Sends a signal, unless it has ended.
    public void send(Signal signal) {
        // The parent reaps a child only after the exit is known, so this pid is still the child's.
        if (identity != null && process.isAlive()) {
            identity.send(signal);
        }
    }

    /// Ends it: closes its input, asks by the polite signal, and kills it and what it has started
    /// after the grace. True when all of it is gone.
    public boolean stop(Signal polite, Duration grace) throws InterruptedException {
        List<ProcessIdentity> family = identity == null ? List.of() : identity.descendants();
        closeInput();
        send(polite);
        if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warn("{} still runs {} after {}: killed", name, grace, polite);
            if (identity != null) {
                family = identity.descendants();
            }
            process.destroyForcibly();
        }
        boolean gone = process.waitFor(AFTER_KILL.toMillis(), TimeUnit.MILLISECONDS);
        for (ProcessIdentity member : family) {
            member.send(Signal.KILL);
            gone &= member.awaitEnd(AFTER_KILL);
        }
        return gone;
    }

    private void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException alreadyClosed) {
            // Its reader is gone.
        }
    }

    private void boundLog() {
        try {
            while (!process.waitFor(LOG_CHECK.toMillis(), TimeUnit.MILLISECONDS)) {
                log.bound();
            }
        } catch (IOException unwritable) {
            LOG.warn("{}: log file {} cannot be bounded: {}", name, log.path(), unwritable);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
