package mooring.backup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// An archive on its way out: a zip file of one entry for each table and the manifest at the end.
/// For one thread.
public final class ArchiveWriter {

    static final String MANIFEST = "manifest.json";

    /// The first entry, whose name stands near the file's first byte and tells what the file is.
    static final String MARK = "mooring-backup";

    private static final byte[] MARK_TEXT =
            "A backup of Mooring's database; restore it with: mooring restore FILE\n"
                    .getBytes(StandardCharsets.US_ASCII);

    /// Of the whole archive.
    public record Finished(long bytes, String sha256) {}

    /// Of one table's text.
    public record Content(long bytes, String sha256) {}

    private final Counted archive;
    private final ZipOutputStream zip;

    public ArchiveWriter(OutputStream to) throws IOException {
        archive = new Counted(to);
        zip = new ZipOutputStream(archive, StandardCharsets.UTF_8);
        // The network and the disk are slower than this, and the node has other work.
        zip.setLevel(Deflater.BEST_SPEED);
        zip.putNextEntry(new ZipEntry(MARK));
        zip.write(MARK_TEXT);
        zip.closeEntry();
    }

    /// Writes one entry.
    @FunctionalInterface
    public interface Rows {
        void write(OutputStream to) throws IOException;
    }

    public Content table(String entry, Rows rows) throws IOException {
        zip.putNextEntry(new ZipEntry(entry));
        Counted content = new Counted(zip);
        rows.write(content);
        zip.closeEntry();
        return new Content(content.bytes, content.sha256());
    }

    /// Writes the manifest and the archive's end; `to` stays open.
    public Finished finish(Manifest manifest) throws IOException {
        zip.putNextEntry(new ZipEntry(MANIFEST));
        zip.write(manifest.json());
        zip.closeEntry();
        zip.finish();
        archive.flush();
        return new Finished(archive.bytes, archive.sha256());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Counts and hashes what passes; closing it does nothing.
    private static final class Counted extends OutputStream {
        private final OutputStream to;
        private final MessageDigest digest = ArchiveWriter.sha256();
        private long bytes;

        Counted(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int single) throws IOException {
            write(new byte[] {(byte) single}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            to.write(from, offset, length);
            digest.update(from, offset, length);
            bytes += length;
        }

        @Override
        public void flush() throws IOException {
            to.flush();
        }

        String sha256() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
