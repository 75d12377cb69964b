package mooring.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;

/// One process of this machine since its last boot: a process id alone is used again, together with
/// the kernel's start tick it is not.
///
/// @param startTicks field 22 of `/proc/PID/stat`, clock ticks between boot and start
public record ProcessIdentity(long pid, long startTicks) {
    private static final int START_TICKS_FIELD_AFTER_NAME = 19;
    private static final int PARENT_FIELD_AFTER_NAME = 1;
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration KILL_HELPER_DEADLINE = Duration.ofSeconds(5);

    /// The process that has this id now, or null if there is none that still runs.
    public static @Nullable ProcessIdentity of(long pid) {
        String[] fields = statFields(pid);
        if (fields == null) {
            return null;
        }
        return new ProcessIdentity(pid, Long.parseLong(fields[START_TICKS_FIELD_AFTER_NAME]));
    }

    /// Whether this very process still runs; a zombie does not.
    public boolean alive() {
        return equals(of(pid));
    }

    /// Sends a signal unless the process is gone, also when another one has its id by now.
    ///
    /// @return false when it was gone or the signal was not permitted
    public boolean send(Signal signal) {
        if (!alive()) {
            return false;
        }
        return switch (signal) {
            case TERM -> ProcessHandle.of(pid).map(ProcessHandle::destroy).orElse(false);
            case KILL -> ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
            // The JDK sends nothing but TERM and KILL; every Linux shell can send the others.
            case INT, QUIT -> sendByShell(signal);
        };
    }

    /// Waits until the process is gone; false when it still runs at the deadline.
    public boolean awaitEnd(Duration deadline) throws InterruptedException {
        Deadline end = Deadline.in(deadline);
        while (alive()) {
            if (end.passed()) {
                return false;
            }
            Thread.sleep(POLL);
        }
        return true;
    }

    /// Children, grandchildren and so on, as they are now.
    public List<ProcessIdentity> descendants() {
        List<ProcessIdentity> found = new ArrayList<>();
        if (alive()) {
            ProcessHandle.of(pid).stream()
                    .flatMap(ProcessHandle::descendants)
                    .map(handle -> of(handle.pid()))
                    .forEach(
                            each -> {
                                if (each != null) {
                                    found.add(each);
                                }
                            });
        }
        return List.copyOf(found);
    }

    /// All processes that are visible to us.
    public static List<ProcessIdentity> all() {
        List<ProcessIdentity> found = new ArrayList<>();
        try (Stream<ProcessHandle> handles = ProcessHandle.allProcesses()) {
            handles.forEach(
                    handle -> {
                        ProcessIdentity identity = of(handle.pid());
                        if (identity != null) {
                            found.add(identity);
                        }
                    });
        }
        return List.copyOf(found);
    }

    /// The words of its command line; empty for a kernel thread, or when it is gone.
    public List<String> commandLine() {
        try {
            String raw = Files.readString(proc("cmdline"), StandardCharsets.ISO_8859_1);
            return raw.isEmpty() ? List.of() : List.of(raw.split("\0"));
        } catch (IOException gone) {
            return List.of();
        }
    }

    /// The folder it works in, or null when it is gone or we may not see that.
    public @Nullable Path workingFolder() {
        try {
            return Files.readSymbolicLink(proc("cwd"));
        } catch (IOException notOurs) {
            return null;
        }
    }

    /// The id of the process that started it, or of the one that took it over; -1 when gone.
    public long parentPid() {
        String[] fields = statFields(pid);
        return fields == null ? -1 : Long.parseLong(fields[PARENT_FIELD_AFTER_NAME]);
    }

    private boolean sendByShell(Signal signal) {
        try {
            Process kill =
                    new ProcessBuilder(
                                    "/bin/sh",
                                    "-c",
                                    "kill -s \"$1\" \"$2\"",
                                    "kill",
                                    signal.name(),
                                    Long.toString(pid))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return kill.waitFor(KILL_HELPER_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                    && kill.exitValue() == 0;
        } catch (IOException noShell) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Path proc(String entry) {
        return Path.of("/proc", Long.toString(pid), entry);
    }

    private static String @Nullable [] statFields(long pid) {
        String stat;
        try {
            stat =
                    Files.readString(
                            Path.of("/proc", Long.toString(pid), "stat"),
                            StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return null;
        }
        // The name stands in parentheses and may itself contain spaces and parentheses.
        int nameEnd = stat.lastIndexOf(')');
        if (nameEnd < 0) {
            return null;
        }
        String[] fields = stat.substring(nameEnd + 2).split(" ");
        boolean ended = fields[0].equals("Z") || fields[0].equals("X");
        return ended ? null : fields;
    }
}
