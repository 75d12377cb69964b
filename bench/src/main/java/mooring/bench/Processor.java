package mooring.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// What of the processor's time went where: this thread, threads of a name, this process, its
/// children.
final class Processor {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final double TICKS_A_SECOND = 100;
    private static final double KIBIBYTES_A_MEBIBYTE = 1024;

    private Processor() {}

    static long ownNanos() {
        return THREADS.getCurrentThreadCpuTime();
    }

    /// Of all living threads whose name begins so.
    static long nanosOf(String prefix) {
        long nanos = 0;
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith(prefix)) {
                nanos += Math.max(0, THREADS.getThreadCpuTime(thread.getThreadId()));
            }
        }
        return nanos;
    }

    /// Of this process, with its garbage collector and compiler.
    static double seconds() throws IOException {
        return ticks(ProcessHandle.current().pid(), 2) / TICKS_A_SECOND;
    }

    /// User's and system's time of the children, and of those of theirs that have ended.
    static double childrenSeconds() throws IOException {
        long ticks = 0;
        try (Stream<ProcessHandle> all = ProcessHandle.current().descendants()) {
            for (ProcessHandle process : all.toList()) {
                ticks += ticks(process.pid(), 4);
            }
        }
        return ticks / TICKS_A_SECOND;
    }

    /// Of a process and all below it but `without` and what is below that; ended children included.
    static double treeSeconds(long pid, long without) throws IOException {
        return (treeTicks(pid) - (without == 0 ? 0 : treeTicks(without))) / TICKS_A_SECOND;
    }

    static double treeSeconds(long pid) throws IOException {
        return treeSeconds(pid, 0);
    }

    private static long treeTicks(long pid) throws IOException {
        long ticks = ticks(pid, 4);
        Optional<ProcessHandle> root = ProcessHandle.of(pid);
        if (root.isPresent()) {
            try (Stream<ProcessHandle> below = root.get().descendants()) {
                for (ProcessHandle process : below.toList()) {
                    ticks += ticks(process.pid(), 4);
                }
            }
        }
        return ticks;
    }

    /// Memory of one process that is in RAM, in mebibytes.
    static double residentMebibytes(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / KIBIBYTES_A_MEBIBYTE;
            }
        }
        throw new IllegalStateException("process " + pid + " says nothing about its memory");
    }

    /// @param fields 2 for a process's own, 4 with its ended children's
    private static long ticks(long pid, int fields) throws IOException {
        Path stat = Path.of("/proc", Long.toString(pid), "stat");
        if (!Files.exists(stat)) {
            return 0;
        }
        String text;
        try {
            text = Files.readString(stat);
        } catch (IOException _) {
            // It ended between the look and the reading; its parent has its time.
            return 0;
        }
        String[] words = text.substring(text.lastIndexOf(')') + 2).split(" ", 20);
        long ticks = 0;
        for (int i = 11; i < 11 + fields; i++) {
            ticks += Long.parseLong(words[i]);
        }
        return ticks;
    }
}
