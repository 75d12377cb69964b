package mooring.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Supplier;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;

/// The folder that everything of one instance lives in, held by one process at a time.
final class DataFolder implements AutoCloseable {

    private static final Duration LOCK_POLL = Duration.ofMillis(50);
    private static final int SECRET_BYTES = 32;

    static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final FileChannel lockFile;
    private final FileLock lock;

    private DataFolder(Path folder, FileChannel lockFile, FileLock lock) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /// Creates the folder if need be and takes its lock.
    ///
    /// @param patience how long to wait for another process to give the lock up
    /// @throws StartException when the folder cannot be written, or stays locked
    static DataFolder open(Path folder, Duration patience) {
        try {
            Files.createDirectories(folder);
            ownersOnly(folder.resolve("logs"));
            ownersOnly(folder.resolve("engines"));
            FileChannel file =
                    FileChannel.open(
                            folder.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            FileLock lock = acquire(folder, file, patience);
            file.truncate(0);
            file.write(StandardCharsets.UTF_8.encode(ProcessHandle.current().pid() + "\n"), 0);
            return new DataFolder(folder, file, lock);
        } catch (IOException e) {
            throw new StartException(
                    "cannot write to the data folder "
                            + folder
                            + ": "
                            + e.getClass().getSimpleName()
                            + " (make it writable, or choose another with --data-dir)");
        }
    }

    /// The folder itself stays passable, since PostgreSQL may run as another user below it.
    private static void ownersOnly(Path inner) throws IOException {
        Files.createDirectories(inner);
        Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("rwx------"));
    }

    private static FileLock acquire(Path folder, FileChannel file, Duration patience)
            throws IOException {
        Deadline deadline = Deadline.in(patience);
        while (true) {
            FileLock lock = tryLock(file);
            if (lock != null) {
                return lock;
            }
            if (deadline.passed()) {
                throw new StartException(
                        "the data folder "
                                + folder
                                + " is in use by process "
                                + holder(folder)
                                + " (stop it with ./mooring down, or choose another folder with"
                                + " --data-dir)");
            }
            try {
                Thread.sleep(LOCK_POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StartException("interrupted while waiting for " + folder);
            }
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    /// The process that holds the folder, as it wrote itself down.
    static String holder(Path folder) {
        try {
            String pid = Files.readString(folder.resolve("lock")).strip();
            return pid.isEmpty() ? "unknown" : pid;
        } catch (IOException _) {
            return "unknown";
        }
    }

    Path path() {
        return folder;
    }

    Path resolve(String name) {
        return folder.resolve(name);
    }

    /// A secret kept in a file of its own that only we can read, made at the first use.
    String secret(String name, Supplier<String> make) {
        Path file = folder.resolve(name);
        try {
            if (Files.exists(file)) {
                String kept = Files.readString(file).strip();
                if (kept.isEmpty()) {
                    // Whoever shows nothing would know it.
                    throw new StartException(
                            file
                                    + ": empty (expected: a secret; remove the file to have a new"
                                    + " one made)");
                }
                return kept;
            }
            String secret = make.get();
            writeSecret(name, secret);
            return secret;
        } catch (IOException e) {
            throw new StartException("cannot read " + file + ": " + e.getMessage());
        }
    }

    /// Random bytes as hexadecimal text, for keys that never leave this folder.
    static String randomHex() {
        byte[] bytes = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /// Writes a file that only its owner may read, whole or not at all.
    void writeSecret(String name, String content) {
        Path file = folder.resolve(name);
        Path fresh = folder.resolve(name + ".new");
        try {
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, OWNER_ONLY);
            Files.writeString(fresh, content + "\n");
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StartException("cannot write " + file + ": " + e.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            lockFile.close();
        } catch (IOException _) {
            // The process ends, and with it the lock.
        }
    }
}
