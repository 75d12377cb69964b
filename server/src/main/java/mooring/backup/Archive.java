package mooring.backup;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/// An archive in a file, open for reading. For one thread.
public final class Archive implements AutoCloseable {

    private static final int BLOCK_BYTES = 1 << 16;

    /// Where the name of a zip file's first entry begins.
    private static final int FIRST_NAME_OFFSET = 30;

    /// Catalogue and sums, never rows.
    private static final long MAX_MANIFEST_BYTES = 64L << 20;

    private static final String EXPECTED_WHOLE =
            " (expected: the file as mooring backup wrote it; copy it once more, or take another)";

    private final Path file;
    private final ZipFile zip;
    private final Manifest manifest;

    private Archive(Path file, ZipFile zip, Manifest manifest) {
        this.file = file;
        this.zip = zip;
        this.manifest = manifest;
    }

    /// @throws BackupException when it is no backup, cut off, or of a form that is not known here
    public static Archive open(Path file) {
        requireMark(file);
        ZipFile zip;
        try {
            zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw cutOff(file, e);
        }
        try {
            ZipEntry entry = zip.getEntry(ArchiveWriter.MANIFEST);
            if (entry == null || entry.getSize() > MAX_MANIFEST_BYTES) {
                throw new BackupException(file + ": has no manifest" + EXPECTED_WHOLE);
            }
            Manifest manifest;
            try (InputStream in = zip.getInputStream(entry)) {
                manifest = Manifest.read(in);
            }
            if (manifest.format() != Manifest.FORMAT) {
                throw new BackupException(
                        file
                                + ": a backup of form "
                                + manifest.format()
                                + ", written by release "
                                + manifest.product()
                                + " (expected: form "
                                + Manifest.FORMAT
                                + "; restore it with that release)");
            }
            return new Archive(file, zip, manifest);
        } catch (IOException | RuntimeException e) {
            close(zip);
            if (e instanceof BackupException known) {
                throw known;
            }
            throw new BackupException(file + ": its manifest cannot be read" + EXPECTED_WHOLE, e);
        }
    }

    public Manifest manifest() {
        return manifest;
    }

    /// Reads every table to its end and holds it against the manifest.
    ///
    /// @throws BackupException naming the first table that is not as it was written
    public void verify(Consumer<Manifest.Table> each) {
        byte[] block = new byte[BLOCK_BYTES];
        for (Manifest.Table table : manifest.tables()) {
            MessageDigest digest = ArchiveWriter.sha256();
            long bytes = 0;
            long rows = 0;
            try (InputStream in = open(table)) {
                for (int n = in.read(block); n >= 0; n = in.read(block)) {
                    digest.update(block, 0, n);
                    bytes += n;
                    for (int i = 0; i < n; i++) {
                        // In PostgreSQL's text a row ends with the only line feed that it has.
                        rows += block[i] == '\n' ? 1 : 0;
                    }
                }
            } catch (IOException e) {
                throw damaged(table, String.valueOf(e.getMessage()), e);
            }
            String sha256 = HexFormat.of().formatHex(digest.digest());
            if (rows != table.rows()) {
                throw damaged(table, rows + " rows (expected: " + table.rows() + ")", null);
            }
            if (bytes != table.bytes() || !sha256.equals(table.sha256())) {
                throw damaged(
                        table, "sha256 " + sha256 + " (expected: " + table.sha256() + ")", null);
            }
            each.accept(table);
        }
    }

    /// The rows of a table as PostgreSQL's text.
    public InputStream open(Manifest.Table table) throws IOException {
        ZipEntry entry = zip.getEntry(table.entry());
        if (entry == null) {
            throw damaged(table, "missing", null);
        }
        return zip.getInputStream(entry);
    }

    @Override
    public void close() {
        close(zip);
    }

    private BackupException damaged(Manifest.Table table, String how, @Nullable Exception cause) {
        String text = file + ": table " + table.shown() + " is damaged: " + how + EXPECTED_WHOLE;
        return cause == null ? new BackupException(text) : new BackupException(text, cause);
    }

    private static void requireMark(Path file) {
        byte[] mark = ArchiveWriter.MARK.getBytes(StandardCharsets.US_ASCII);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = in.readNBytes(FIRST_NAME_OFFSET + mark.length);
            String found =
                    head.length <= FIRST_NAME_OFFSET
                            ? ""
                            : new String(
                                    head,
                                    FIRST_NAME_OFFSET,
                                    head.length - FIRST_NAME_OFFSET,
                                    StandardCharsets.ISO_8859_1);
            if (!found.equals(ArchiveWriter.MARK)) {
                throw new BackupException(
                        file + ": not a backup (expected: a file that mooring backup wrote)");
            }
        } catch (NoSuchFileException | FileNotFoundException e) {
            throw new BackupException(file + ": there is no such file", e);
        } catch (AccessDeniedException e) {
            throw new BackupException(file + ": permission denied", e);
        } catch (IOException e) {
            throw new BackupException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /// Reads from the front to see how far it goes, because its end, where zip keeps its list, is
    /// not there.
    private static BackupException cutOff(Path file, IOException cause) {
        String last = ArchiveWriter.MARK;
        String where = "in ";
        try (ZipInputStream in =
                new ZipInputStream(
                        new BufferedInputStream(Files.newInputStream(file), BLOCK_BYTES),
                        StandardCharsets.UTF_8)) {
            byte[] block = new byte[BLOCK_BYTES];
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                last = shown(entry.getName());
                while (in.read(block) >= 0) {
                    // Only to its end.
                }
            }
            where = "after ";
        } catch (IOException e) {
            // There it is cut.
        }
        return new BackupException(
                file + ": cut off or damaged " + where + last + EXPECTED_WHOLE, cause);
    }

    private static String shown(String entry) {
        return entry.startsWith("tables/")
                ? "table " + entry.replaceFirst("tables/\\d+-(public\\.)?", "")
                : entry;
    }

    private static void close(ZipFile zip) {
        try {
            zip.close();
        } catch (IOException e) {
            throw new BackupException("cannot be closed: " + e.getMessage(), e);
        }
    }
}
