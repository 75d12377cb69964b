package mooring.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Where all child processes come from.
///
/// Linux ties a child to the *thread* that forked it, not to the process. So every child is forked
/// by one platform thread that lives as long as the machine does; it is the only state here, and it
/// is one per machine for that reason.
public final class Children {
    private static final int MAX_WAITING_STARTS = 256;

    private static final ThreadPoolExecutor PARENT =
            new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(MAX_WAITING_STARTS),
                    Thread.ofPlatform().name("parent-of-children").daemon().factory());

    private Children() {}

    /// Starts a child; returns once it is forked.
    public static ChildProcess start(ChildSpec spec) {
        return start(spec, Setpriv.find(System.getenv("PATH")));
    }

    /// Whether children can be tied to our life by the kernel here.
    public static boolean canBond() {
        return Setpriv.find(System.getenv("PATH")) != null;
    }

    static ChildProcess start(ChildSpec spec, @Nullable Path setpriv) {
        if (setpriv == null && (spec.bondRequired() || spec.runAs() != null)) {
            throw new ChildException(
                    "setpriv: not found on PATH, so that "
                            + spec.name()
                            + " cannot be tied to this process (install the package util-linux)");
        }
        List<String> command =
                setpriv == null
                        ? spec.command()
                        : Setpriv.wrap(setpriv, spec, ProcessHandle.current().pid());
        LogFile log;
        try {
            log = LogFile.open(spec.logFile(), spec.maxLogBytes());
        } catch (IOException unwritable) {
            throw new ChildException(
                    spec.logFile()
                            + ": cannot be written ("
                            + unwritable.getClass().getSimpleName()
                            + "; expected: a log file for "
                            + spec.name()
                            + ")",
                    unwritable);
        }
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.path().toFile()));
        if (!spec.inputOpen()) {
            builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        }
        fillEnvironment(builder.environment(), spec);
        return new ChildProcess(spec.name(), fork(builder, spec), log);
    }

    private static void fillEnvironment(Map<String, String> environment, ChildSpec spec) {
        if (spec.inheritEnvironment()) {
            environment.keySet().removeIf(name -> name.startsWith("MOORING_"));
        } else {
            environment.clear();
        }
        environment.putAll(spec.environment());
    }

    private static Process fork(ProcessBuilder builder, ChildSpec spec) {
        Future<Process> started = PARENT.submit(builder::start);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return started.get();
                } catch (InterruptedException later) {
                    // A fork takes milliseconds, and a child that nobody holds must not come to be.
                    interrupted = true;
                }
            }
        } catch (ExecutionException failed) {
            throw new ChildException(
                    spec.name()
                            + ": cannot be started (expected: an executable program): "
                            + Objects.requireNonNull(failed.getCause()).getMessage(),
                    failed);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
