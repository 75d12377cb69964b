package mooring.metering.archive.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.stream.Stream;

/// Where archived days lie: a folder for each kind, a Parquet file and its manifest for each day.
/// Nodes that share a database share this folder.
public final class ArchiveFolder {

    private static final int BUFFER = 1 << 16;

    private final Path root;
    private final Path temporary;
    private final WorkerProcess worker;

    /// @param node whose part of the folder for what is unfinished this is
    public ArchiveFolder(Path root, String node, Path log) {
        this.root = root;
        this.temporary = root.resolve("unfinished-" + node);
        this.worker = new WorkerProcess(temporary, log);
    }

    WorkerProcess worker() {
        return worker;
    }

    Path resolve(String file) {
        Path resolved = root.resolve(file).normalize();
        if (!resolved.startsWith(root.normalize())) {
            throw new IllegalArgumentException(file + " (expected: a file below " + root + ")");
        }
        return resolved;
    }

    Path temporaryFile(String prefix, String suffix) {
        try {
            Files.createDirectories(temporary);
            return Files.createTempFile(temporary, prefix, suffix);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Removes what workers left that were killed.
    void clear() {
        if (!Files.isDirectory(temporary)) {
            return;
        }
        try (Stream<Path> left = Files.list(temporary)) {
            left.forEach(ArchiveFolder::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Gives a finished file its name, so that it survives a loss of power from here on.
    static void keep(Path finished, Path name) throws IOException {
        Path folder = name.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(name + ": has no folder");
        }
        Files.createDirectories(folder);
        try (FileChannel file = FileChannel.open(finished, StandardOpenOption.WRITE)) {
            file.force(true);
        }
        Files.move(
                finished,
                name,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        }
    }

    static byte[] sha256(Path file) throws IOException {
        MessageDigest digest = Worker.sha256();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return digest.digest();
    }

    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Cleared before the next day is archived.
        }
    }
}
