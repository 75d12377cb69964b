package mooring.metering.archive.store;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.metering.ArchiveException;
import mooring.process.ChildException;
import mooring.process.ChildProcess;
import mooring.process.ChildSpec;
import mooring.process.Children;
import mooring.process.Signal;

/// Starts [Worker] processes, few at a time, each within limits of memory and time.
final class WorkerProcess {

    private static final int MAX_RUNNING = 2;
    private static final Duration WAIT_FOR_TURN = Duration.ofSeconds(20);
    private static final Duration STOP = Duration.ofSeconds(2);
    private static final int LINES_SHOWN = 3;

    private final Path temporary;
    private final Path log;
    private final Semaphore turns = new Semaphore(MAX_RUNNING);

    /// @param temporary a folder of its own: what a killed worker leaves there can be deleted
    WorkerProcess(Path temporary, Path log) {
        this.temporary = temporary;
        this.log = log;
    }

    /// Writes the worker's input; it may fail because the worker has ended.
    @FunctionalInterface
    interface Input {
        void write(OutputStream out) throws IOException;
    }

    /// Runs one task to its end.
    ///
    /// @throws ArchiveException when it failed, was killed or took too long
    void run(Duration deadline, Input input, String... task) {
        try {
            if (!turns.tryAcquire(WAIT_FOR_TURN.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ArchiveException(
                        "the archive is busy: "
                                + MAX_RUNNING
                                + " searches run already (expected: a free place within "
                                + WAIT_FOR_TURN.toSeconds()
                                + " s)");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ArchiveException("interrupted", e);
        }
        try {
            Files.createDirectories(temporary);
            work(deadline, input, task);
        } catch (IOException e) {
            throw new ArchiveException(temporary + ": cannot be written: " + e, e);
        } finally {
            turns.release();
        }
    }

    private void work(Duration deadline, Input input, String... task) {
        ChildProcess child;
        try {
            child =
                    Children.start(
                            ChildSpec.of("archive-worker", command(task), log).withInputOpen());
        } catch (ChildException e) {
            throw new ArchiveException(e.getMessage() == null ? "no worker" : e.getMessage(), e);
        }
        boolean ended = false;
        try {
            String broken = null;
            try (OutputStream out = child.input()) {
                input.write(out);
            } catch (IOException | UncheckedIOException e) {
                // What the worker said on its way out tells more.
                broken = e.toString();
            }
            int status = child.onExit().get(deadline.toMillis(), TimeUnit.MILLISECONDS);
            ended = true;
            if (status != 0 || broken != null) {
                throw new ArchiveException(
                        "the archive's worker failed with status "
                                + status
                                + ": "
                                + String.join(" | ", child.lastLines(LINES_SHOWN)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ArchiveException("interrupted", e);
        } catch (TimeoutException e) {
            throw new ArchiveException(
                    "the archive's worker did not end within " + deadline.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new ArchiveException("the archive's worker was lost", e);
        } finally {
            if (!ended) {
                stop(child);
            }
        }
    }

    private static void stop(ChildProcess child) {
        try {
            child.stop(Signal.KILL, STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> command(String... task) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx96m");
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-Djava.io.tmpdir=" + temporary.toAbsolutePath());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(Worker.class.getName());
        command.addAll(List.of(task));
        return command;
    }
}
