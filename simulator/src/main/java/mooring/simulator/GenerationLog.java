package mooring.simulator;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the engine generated, request by request: the latest in memory, all in a file if asked.
///
/// Safe from any thread. A file that cannot be written ends the process's claim to be a witness, so
/// the failure is thrown, not swallowed.
final class GenerationLog implements AutoCloseable {

    /// Records kept in memory; a long load test must not fill the heap.
    static final int MAX_RECORDS = 100_000;

    private final ArrayDeque<GenerationRecord> records = new ArrayDeque<>();
    private final @Nullable BufferedWriter file;
    private long total;

    GenerationLog(@Nullable Path path) {
        this.file = path == null ? null : open(path);
    }

    private static BufferedWriter open(Path path) {
        try {
            return Files.newBufferedWriter(
                    path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "log: " + path + ": cannot be written (" + e.getClass().getSimpleName() + ")",
                    e);
        }
    }

    synchronized void add(GenerationRecord generation) {
        if (records.size() == MAX_RECORDS) {
            records.removeFirst();
        }
        records.addLast(generation);
        total++;
        if (file != null) {
            try {
                file.write(generation.toJson() + "\n");
                file.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// The latest records, oldest first.
    synchronized List<GenerationRecord> latest(int most) {
        return records.stream().skip(Math.max(0, records.size() - most)).toList();
    }

    /// Requests recorded since the start or the last reset, those no longer kept included.
    synchronized long total() {
        return total;
    }

    synchronized void clear() {
        records.clear();
        total = 0;
    }

    @Override
    public synchronized void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
