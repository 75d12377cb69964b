package mooring.telemetry;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One line for each request, in a file of bounded size, written by a thread of its own.
///
/// Requests never wait for it: lines that come faster than the disk takes them are counted and left
/// out. For every thread.
public final class AccessLog implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

    /// Lines that wait for the disk.
    private static final int MAX_WAITING = 8_192;

    private static final int BATCH = 512;
    private static final long MAX_FILE_CHARS = 64L * 1024 * 1024;
    private static final int KEPT_FILES = 3;
    private static final long POLL_MILLIS = 200;
    private static final long CLOSE_MILLIS = 2_000;

    private final Path file;
    private final Function<AccessLine, String> form;
    private final BlockingQueue<AccessLine> waiting;
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer;
    private volatile boolean closing;
    private long written;

    private AccessLog(Path file, Function<AccessLine, String> form, int maxWaiting) {
        this.file = file;
        this.form = form;
        this.waiting = new ArrayBlockingQueue<>(maxWaiting);
        this.writer = Thread.ofPlatform().daemon().name("access-log").unstarted(this::run);
    }

    /// @param json whether each line is a JSON object
    public static AccessLog open(Path file, boolean json) {
        return open(file, json, MAX_WAITING);
    }

    static AccessLog open(Path file, boolean json, int maxWaiting) {
        AccessLog log =
                new AccessLog(file, json ? AccessText::json : AccessText::words, maxWaiting);
        log.writer.start();
        return log;
    }

    /// Takes a line if there is room.
    public void add(AccessLine line) {
        if (!waiting.offer(line)) {
            dropped.incrementAndGet();
        }
    }

    /// Lines that were left out since the start.
    public long dropped() {
        return dropped.get();
    }

    private void run() {
        List<AccessLine> batch = new ArrayList<>(BATCH);
        while (true) {
            try {
                AccessLine first = waiting.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
                if (first == null) {
                    if (closing) {
                        return;
                    }
                    continue;
                }
                batch.add(first);
                waiting.drainTo(batch, BATCH - 1);
                write(batch);
            } catch (InterruptedException e) {
                return;
            } catch (IOException e) {
                dropped.addAndGet(batch.size());
                LOG.warn("access log: {}", e.toString());
            } catch (RuntimeException e) {
                dropped.addAndGet(batch.size());
                LOG.error("access log", e);
            } finally {
                batch.clear();
            }
        }
    }

    private void write(List<AccessLine> batch) throws IOException {
        if (!Files.exists(file)) {
            create();
        }
        if (written > MAX_FILE_CHARS) {
            rotate();
        }
        try (BufferedWriter out =
                Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND)) {
            for (AccessLine line : batch) {
                String text = form.apply(line);
                out.write(text);
                out.write('\n');
                written += text.length() + 1;
            }
        }
    }

    private void create() throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        written = 0;
    }

    private void rotate() throws IOException {
        for (int age = KEPT_FILES; age > 0; age--) {
            Path newer = age == 1 ? file : older(age - 1);
            if (Files.exists(newer)) {
                Files.move(newer, older(age), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        create();
    }

    private Path older(int age) {
        return file.resolveSibling(file.getFileName() + "." + age);
    }

    /// Writes what waits, for a moment at most.
    @Override
    public void close() {
        closing = true;
        try {
            writer.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writer.interrupt();
    }
}
