package mooring.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A temporary folder and the processes started for one measurement; both go when it ends, also
/// when it fails or is interrupted.
final class Workbench implements AutoCloseable {

    private static final long STOP_SECONDS = 30;

    private final Project project = Project.find();
    private final Path folder;
    private final List<Process> processes = new ArrayList<>();
    private final Thread hook = new Thread(this::breakOff, "break off");
    private boolean keep;

    private Workbench(Path folder) {
        this.folder = folder;
    }

    static Workbench open(String name) throws IOException {
        Path folder = Files.createTempDirectory("mooring-" + name + "-");
        // The database runs as another user when we are root, and must get through.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Workbench bench = new Workbench(folder);
        Runtime.getRuntime().addShutdownHook(bench.hook);
        return bench;
    }

    Project project() {
        return project;
    }

    Path folder() {
        return folder;
    }

    /// Leaves the folder for whoever looks into a missed bar.
    void keep() {
        keep = true;
    }

    void say(String line) {
        System.err.println(line);
    }

    /// Starts a program with its output in `log` and none of our caller's settings.
    synchronized Process start(List<String> command, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("MOORING_"));
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /// Runs a program to its end and returns its exit code; -1 when it was ended by the deadline.
    int run(
            List<String> command,
            Path workingFolder,
            Map<String, String> environment,
            Path log,
            Duration deadline)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(workingFolder.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("MOORING_"));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process process;
        synchronized (this) {
            process = builder.start();
            processes.add(process);
        }
        boolean ended = process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        synchronized (this) {
            processes.remove(process);
        }
        return ended ? process.exitValue() : -1;
    }

    /// `java` with the flags that the launcher gives its servers.
    List<String> java() {
        return new ArrayList<>(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:+UseSerialGC",
                        "-Xms192m",
                        "-Xmx320m",
                        "-Xmn128m",
                        "-XX:SurvivorRatio=4",
                        "-XX:MetaspaceSize=96m",
                        "-XX:+UseTransparentHugePages",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow"));
    }

    @Override
    public void close() {
        endProcesses();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // We are being shut down, and the hook runs already.
        }
        if (keep) {
            System.err.println("Kept for a look: " + folder);
        } else {
            delete();
        }
    }

    /// Somebody stopped us: nothing was found that a look into the folder would explain.
    private void breakOff() {
        endProcesses();
        delete();
    }

    /// Politely, last started first, then not.
    private synchronized void endProcesses() {
        for (Process process : processes.reversed()) {
            process.destroy();
        }
        for (Process process : processes.reversed()) {
            try {
                if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        processes.clear();
    }

    /// Whoever comes second finds it gone.
    private synchronized void delete() {
        if (!Files.exists(folder)) {
            return;
        }
        try {
            Files.walkFileTree(
                    folder,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                                throws IOException {
                            Files.delete(file);
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(
                                Path visited,
                                @org.jspecify.annotations.Nullable IOException trouble)
                                throws IOException {
                            Files.delete(visited);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
