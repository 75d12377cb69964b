package mooring.sql;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Folders as wholes: removed, made durable, and the reasons why they cannot be.
final class FileTrees {
    private static final Duration SYNC_DEADLINE = Duration.ofSeconds(30);

    private FileTrees() {}

    static void delete(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException failure)
                            throws IOException {
                        if (failure instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw failure;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path folder, @Nullable IOException failure) throws IOException {
                        Files.deleteIfExists(folder);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /// Makes a file's content, or a folder's list of names, survive a power loss.
    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Makes a folder with all that is in it survive a power loss. One call for the whole file
    /// system where coreutils have it: a thousand single ones take as long as unpacking.
    static void syncAll(Path root) throws IOException {
        try {
            Process sync = new ProcessBuilder("sync", "-f", root.toString()).start();
            if (sync.waitFor(SYNC_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                    && sync.exitValue() == 0) {
                return;
            }
            sync.destroyForcibly();
        } catch (IOException noSuchProgram) {
            // One by one, then.
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(path -> !Files.isSymbolicLink(path)).toList()) {
                sync(path);
            }
        }
    }

    /// A failure of the file system as one line with its remedy.
    static StoreException explain(Path path, IOException failure) {
        String reason = failure.getMessage() == null ? "" : failure.getMessage();
        if (failure instanceof FileSystemException detailed && detailed.getReason() != null) {
            reason = detailed.getReason();
        }
        if (isDiskFull(reason)) {
            return diskFull(path);
        }
        if (failure instanceof AccessDeniedException) {
            reason = "permission denied";
        } else if (failure instanceof FileSystemException plain && plain.getReason() == null) {
            // Its message is nothing but the file's name.
            reason = failure.getClass().getSimpleName() + " at " + plain.getFile();
        }
        return new StoreException(
                path
                        + ": cannot be written: "
                        + reason
                        + " (expected: a folder that this user may write; change its owner, or"
                        + " choose another folder)",
                failure);
    }

    static boolean isDiskFull(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        return lower.contains("no space left on device") || lower.contains("disk quota exceeded");
    }

    static StoreException diskFull(Path path) {
        return new StoreException(
                path + ": the disk is full (free some space there, or choose another folder)");
    }
}
