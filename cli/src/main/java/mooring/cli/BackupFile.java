package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// An archive on its way into a file that only its owner reads. Until it is whole and was read
/// back, it is beside its place, as `FILE.partial`; when that fails, nothing is left of it.
final class BackupFile implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 16;
    private static final int MAX_MANIFEST_BYTES = 64 << 20;
    private static final String MANIFEST = "manifest.json";

    /// A server that sends nothing for so long is given up.
    private static final Duration STALL = Duration.ofMinutes(10);

    private final Path target;
    private final Path partial;
    private final String shown;
    private final FileChannel channel;
    private boolean kept;

    private BackupFile(Path target, Path partial, String shown, FileChannel channel) {
        this.target = target;
        this.partial = partial;
        this.shown = shown;
        this.channel = channel;
    }

    /// @param shown how messages call the file
    /// @param force whether a file that is there may be replaced
    static BackupFile begin(Path target, String shown, boolean force) {
        if (Files.isDirectory(target)) {
            throw new Refusal(shown + " is a folder: name a file in it.");
        }
        if (Files.exists(target) && !force) {
            throw new Refusal(
                    shown + " exists already: name another file, or replace it with --force.");
        }
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        try {
            FileChannel channel =
                    FileChannel.open(
                            partial,
                            java.util.Set.of(
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.READ,
                                    StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            if (channel.tryLock() == null) {
                channel.close();
                throw new Refusal(
                        "Another backup is being written to " + shown + ": name another file.");
            }
            Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-------"));
            channel.truncate(0);
            return new BackupFile(target, partial, shown, channel);
        } catch (IOException e) {
            throw cannotWrite(shown, e);
        }
    }

    /// Takes all that comes to the disk.
    ///
    /// @return its SHA-256, in hexadecimal
    String receive(InputStream in, Progress progress) {
        MessageDigest digest = sha256();
        byte[] block = new byte[BLOCK_BYTES];
        AtomicLong done = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        watch(in, done, -1, over);
        try {
            while (true) {
                int n = read(in, block);
                if (n < 0) {
                    break;
                }
                digest.update(block, 0, n);
                ByteBuffer buffer = ByteBuffer.wrap(block, 0, n);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                progress.reached(done.addAndGet(n));
            }
            channel.force(true);
        } catch (IOException e) {
            throw cannotWrite(shown, e);
        } finally {
            over.set(true);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Reads the whole file back and holds every table against the manifest.
    ///
    /// @return the backup's id
    String check() {
        try (ZipFile zip = new ZipFile(partial.toFile())) {
            ZipEntry entry = zip.getEntry(MANIFEST);
            ObjectNode manifest = null;
            if (entry != null) {
                try (InputStream in = zip.getInputStream(entry)) {
                    manifest = Json.parse(in.readNBytes(MAX_MANIFEST_BYTES));
                }
            }
            if (manifest == null || manifest.path("tables").isEmpty()) {
                throw notWhole("it has no manifest");
            }
            for (JsonNode table : manifest.path("tables")) {
                check(zip, table);
            }
            return manifest.path("id").asText();
        } catch (IOException e) {
            throw notWhole(String.valueOf(e.getMessage()));
        }
    }

    private void check(ZipFile zip, JsonNode table) throws IOException {
        ZipEntry entry = zip.getEntry(table.path("entry").asText());
        String name = "table " + table.path("name").asText();
        if (entry == null) {
            throw notWhole(name + " is missing");
        }
        MessageDigest digest = sha256();
        byte[] block = new byte[BLOCK_BYTES];
        long rows = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                digest.update(block, 0, n);
                for (int i = 0; i < n; i++) {
                    rows += block[i] == '\n' ? 1 : 0;
                }
            }
        } catch (IOException e) {
            throw notWhole(name + ": " + e.getMessage());
        }
        if (!HexFormat.of().formatHex(digest.digest()).equals(table.path("sha256").asText())) {
            throw notWhole(name + " has another checksum than it was sent with");
        }
        if (rows != table.path("rows").asLong(-1)) {
            throw notWhole(name + " has " + rows + " rows");
        }
    }

    /// Gives it its name, for good.
    void keep() {
        try {
            Files.move(
                    partial,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            kept = true;
            try (FileChannel folder = FileChannel.open(folder(target), StandardOpenOption.READ)) {
                folder.force(true);
            }
        } catch (IOException e) {
            throw cannotWrite(shown, e);
        }
    }

    @Override
    public void close() {
        try {
            if (!kept) {
                Files.deleteIfExists(partial);
            }
            channel.close();
        } catch (IOException e) {
            throw cannotWrite(shown, e);
        }
    }

    /// Closes the stream when nothing has come for long, so that reading ends.
    private static void watch(InputStream in, AtomicLong done, long before, AtomicBoolean over) {
        CompletableFuture.delayedExecutor(STALL.toMillis(), TimeUnit.MILLISECONDS)
                .execute(
                        () -> {
                            if (over.get()) {
                                return;
                            }
                            if (done.get() != before) {
                                watch(in, done, done.get(), over);
                                return;
                            }
                            try {
                                in.close();
                            } catch (IOException e) {
                                // Reading ends all the same.
                            }
                        });
    }

    private int read(InputStream in, byte[] block) {
        try {
            return in.read(block);
        } catch (IOException e) {
            throw new Refusal(
                    "The server broke off, and nothing of "
                            + shown
                            + " was kept: see ./mooring logs, then try again.",
                    e);
        }
    }

    private Refusal notWhole(String why) {
        return new Refusal(
                "What arrived is no whole backup ("
                        + why
                        + "), and nothing of "
                        + shown
                        + " was kept: try again, on another disk if it happens again.");
    }

    private static Path folder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return folder == null ? Path.of("/") : folder;
    }

    private static Refusal cannotWrite(String shown, IOException cause) {
        String why = reason(cause);
        String lower = why.toLowerCase(Locale.ROOT);
        if (lower.contains("no space") || lower.contains("too large")) {
            return new Refusal(
                    "No space left for " + shown + " (" + why + "): make room, then try again.",
                    cause);
        }
        return new Refusal(
                "Cannot write "
                        + shown
                        + " ("
                        + why
                        + "): name a file in a folder that you may write to.",
                cause);
    }

    private static String reason(IOException cause) {
        @Nullable String reason =
                cause instanceof FileSystemException detailed ? detailed.getReason() : null;
        if (reason != null) {
            return reason;
        }
        return switch (cause) {
            case java.nio.file.NoSuchFileException _ -> "there is no such folder";
            case java.nio.file.AccessDeniedException _ -> "permission denied";
            default -> String.valueOf(cause.getMessage());
        };
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
