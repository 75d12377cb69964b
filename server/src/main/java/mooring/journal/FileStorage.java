package mooring.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A folder of real files, which one process owns at a time.
public final class FileStorage implements JournalStorage {

    private static final String LOCK = "lock";
    private static final int ZEROS = 1 << 20;

    private final Path folder;
    private final @Nullable FileChannel lockFile;

    private FileStorage(Path folder, @Nullable FileChannel lockFile) {
        this.folder = folder;
        this.lockFile = lockFile;
    }

    /// Makes the folder if need be, and locks it.
    ///
    /// @throws JournalException when it cannot be written (`UNUSABLE`) or another process owns it
    ///   (`LOCKED`)
    public static FileStorage open(Path folder) {
        FileChannel file;
        try {
            Files.createDirectories(folder);
            file =
                    FileChannel.open(
                            folder.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new JournalException(
                    JournalException.Kind.UNUSABLE,
                    "journal folder %s: %s (expected: a folder that user %s can write)"
                            .formatted(folder, reason(e), System.getProperty("user.name")),
                    e);
        }
        try {
            FileLock lock = tryLock(file);
            if (lock == null) {
                String owner = owner(file);
                file.close();
                throw new JournalException(
                        JournalException.Kind.LOCKED,
                        "journal folder %s: in use by %s (expected: a folder that no other process"
                                        .formatted(folder, owner)
                                + " has open)");
            }
            file.truncate(0);
            file.write(
                    ByteBuffer.wrap(
                            Long.toString(ProcessHandle.current().pid())
                                    .getBytes(StandardCharsets.US_ASCII)),
                    0);
        } catch (IOException e) {
            throw unusable(folder.resolve(LOCK), "cannot be locked", e);
        }
        return new FileStorage(folder, file);
    }

    /// To look only: takes no lock, changes nothing, and may lie in a folder that is in use.
    public static JournalStorage readOnly(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new JournalException(
                    JournalException.Kind.UNUSABLE,
                    "journal folder %s: not there (expected: a folder)".formatted(folder));
        }
        return new FileStorage(folder, null);
    }

    @Override
    public List<String> names() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(LOCK))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw unusable(folder, "cannot be listed", e);
        }
    }

    @Override
    public JournalFile create(String name, long bytes) {
        Path path = folder.resolve(name);
        if (lockFile == null) {
            throw new UnsupportedOperationException(path + ": opened to look only");
        }
        return uninterrupted(() -> create(path, bytes));
    }

    private JournalFile create(Path path, long bytes) {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            if (file.length() > 0) {
                throw new JournalException(
                        JournalException.Kind.UNUSABLE, path + ": is there already");
            }
            byte[] zeros = new byte[(int) Math.min(ZEROS, Math.max(1, bytes))];
            for (long written = 0; written < bytes; written += zeros.length) {
                file.write(zeros, 0, (int) Math.min(zeros.length, bytes - written));
                // In small portions, so that syncs of other files do not queue behind one large.
                file.getFD().sync();
            }
            syncFolder();
        } catch (IOException e) {
            forget(path);
            throw new JournalException(
                    JournalException.Kind.FULL,
                    "%s: %d bytes cannot be set aside: %s".formatted(path, bytes, reason(e)),
                    e);
        }
        return map(path, true);
    }

    @Override
    public JournalFile open(String name) {
        return uninterrupted(() -> map(folder.resolve(name), lockFile != null));
    }

    @Override
    public void delete(String name) {
        try {
            Files.deleteIfExists(folder.resolve(name));
            syncFolder();
        } catch (IOException e) {
            throw unusable(folder.resolve(name), "cannot be deleted", e);
        }
    }

    /// Gives the folder up. Files that are open stay usable, and must be closed by who opened them.
    @Override
    public void close() {
        if (lockFile != null) {
            try {
                lockFile.close();
            } catch (IOException e) {
                throw unusable(folder.resolve(LOCK), "cannot be closed", e);
            }
        }
    }

    private static JournalFile map(Path path, boolean writable) {
        Arena arena = Arena.ofShared();
        boolean mapped = false;
        StandardOpenOption[] how =
                writable
                        ? new StandardOpenOption[] {
                            StandardOpenOption.READ, StandardOpenOption.WRITE
                        }
                        : new StandardOpenOption[] {StandardOpenOption.READ};
        try (FileChannel channel = FileChannel.open(path, how)) {
            MemorySegment bytes =
                    channel.map(
                            writable ? MapMode.READ_WRITE : MapMode.READ_ONLY,
                            0,
                            channel.size(),
                            arena);
            // Now, not at the first write: a process without descriptors left then cannot open a
            // segment, which is tried again, instead of failing one that is in use.
            RandomAccessFile writing = writable ? new RandomAccessFile(path.toFile(), "rw") : null;
            mapped = true;
            return new MappedFile(path, arena, bytes, writing);
        } catch (IOException e) {
            throw unusable(path, "cannot be mapped", e);
        } finally {
            if (!mapped) {
                arena.close();
            }
        }
    }

    /// A file channel closes itself when its thread is interrupted; a disk is no place for that.
    private static JournalFile uninterrupted(Supplier<JournalFile> work) {
        boolean interrupted = Thread.interrupted();
        try {
            return work.get();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void syncFolder() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException thisProcess) {
            return null;
        }
    }

    private static String owner(FileChannel file) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(20);
        file.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII);
        return pid.isEmpty() ? "another process" : "process " + pid.strip();
    }

    private static void forget(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException stays) {
            // The next start finds a file of zeros and takes it away.
        }
    }

    private static JournalException unusable(Path path, String what, Exception cause) {
        return new JournalException(
                JournalException.Kind.UNUSABLE,
                "%s %s: %s".formatted(path, what, reason(cause)),
                cause);
    }

    private static String reason(Exception cause) {
        if (cause instanceof NoSuchFileException) {
            return "no such file";
        }
        if (cause instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason().toLowerCase(Locale.ROOT);
        }
        String message = cause.getMessage();
        return cause.getClass().getSimpleName() + (message == null ? "" : " " + message);
    }

    /// A mapping, which outlives the descriptor that it was made by, and another descriptor to
    /// write beside it.
    private static final class MappedFile implements JournalFile {
        private final Path path;
        private final Arena arena;
        private final MemorySegment bytes;

        /// Not a channel: the interrupt of a thread that writes would close that.
        private final @Nullable RandomAccessFile writing;

        private volatile @Nullable JournalException broken;

        MappedFile(
                Path path, Arena arena, MemorySegment bytes, @Nullable RandomAccessFile writing) {
            this.path = path;
            this.arena = arena;
            this.bytes = bytes;
            this.writing = writing;
        }

        @Override
        public MemorySegment bytes() {
            return bytes;
        }

        @Override
        public void write(int offset, byte[] from, int length) {
            if (writing == null) {
                throw new UnsupportedOperationException(path + ": opened to look only");
            }
            try {
                writing.seek(offset);
                writing.write(from, 0, length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void sync() {
            JournalException before = broken;
            if (before != null) {
                throw before;
            }
            try {
                // msync: on Linux fdatasync by another name. Unlike `FileChannel.force` it does not
                // close the file when the thread is interrupted.
                bytes.force();
            } catch (UncheckedIOException e) {
                JournalException failure =
                        new JournalException(
                                JournalException.Kind.SYNC_FAILED,
                                "%s: sync failed: %s".formatted(path, reason(e)),
                                e);
                broken = failure;
                throw failure;
            }
        }

        @Override
        public void close() {
            arena.close();
            try {
                if (writing != null) {
                    writing.close();
                }
            } catch (IOException written) {
                // What was synced is on the disk; a descriptor tells nothing more.
            }
        }
    }
}
