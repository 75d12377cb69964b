package mooring.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.LongFunction;

/// A file on its way from a hub into a part file, which stays when the way is cut: the next attempt
/// asks for what is missing.
final class Download {
    private static final int BLOCK_BYTES = 1 << 17;
    private static final int MAX_CUTS = 200;
    private static final int MAX_IDLE_ATTEMPTS = 4;

    private final Hub hub;
    private final HubFile file;
    private final Hub.Facts facts;
    private final Path part;
    private final String shown;
    private final Duration pause;

    /// @param shown how messages call the file
    /// @param pause before another attempt after one that brought nothing
    Download(Hub hub, HubFile file, Hub.Facts facts, Path part, String shown, Duration pause) {
        this.hub = hub;
        this.file = file;
        this.facts = facts;
        this.part = part;
        this.shown = shown;
        this.pause = pause;
    }

    /// The part file's name beside the finished one's. Another version of the file has another one,
    /// so that two are never mixed.
    static String partName(HubFile file, Hub.Facts facts) {
        String version = facts.version();
        return file.name()
                + (version == null
                        ? ""
                        : "." + sha256(version.getBytes(StandardCharsets.UTF_8)).substring(0, 12))
                + ".part";
    }

    /// Fetches what is missing.
    ///
    /// @param progress makes the view of it, given the bytes that are there already
    void run(LongFunction<Progress> progress) {
        try (FileChannel channel =
                FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            // Nothing says that what is there belongs to the same version.
            if (facts.version() == null) {
                channel.truncate(0);
            }
            checkMagic(channel);
            checkSpace(channel.size());
            Progress view = progress.apply(channel.size());
            try {
                attempts(channel, view);
            } finally {
                view.end();
            }
            channel.force(true);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    /// The finished part's SHA-256, held against what the hub told.
    String check(Progress view) {
        String actual = digest(part, view);
        String told = facts.sha256();
        if (told != null && !told.equals(actual)) {
            delete();
            throw new Refusal(
                    shown
                            + " arrived with a wrong checksum and was deleted: sha256 "
                            + actual
                            + " (expected: "
                            + told
                            + "). Run the same command again; if it happens again, try another"
                            + " mirror in HF_ENDPOINT.");
        }
        return actual;
    }

    void delete() {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    /// SHA-256 of a whole file.
    static String digest(Path file, Progress view) {
        MessageDigest digest = sha256();
        byte[] block = new byte[BLOCK_BYTES];
        long done = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(block); n > 0; n = in.read(block)) {
                digest.update(block, 0, n);
                done += n;
                view.reached(done);
            }
        } catch (IOException e) {
            throw new Refusal("Cannot read " + file + " (" + e.getMessage() + ").", e);
        } finally {
            view.end();
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void attempts(FileChannel channel, Progress view) throws IOException {
        int idle = 0;
        IOException last = new IOException("the connection is cut again and again");
        for (int cut = 0; cut <= MAX_CUTS; cut++) {
            long before = channel.size();
            if (complete(before)) {
                return;
            }
            try {
                if (attempt(channel, view)) {
                    return;
                }
                last = new IOException("the connection was cut");
            } catch (HubException e) {
                last = e.cause;
            }
            idle = channel.size() != before ? 0 : idle + 1;
            if (idle >= MAX_IDLE_ATTEMPTS) {
                break;
            }
            if (idle > 0) {
                sleep(pause.multipliedBy(idle));
            }
        }
        throw hub.unreachable(last);
    }

    /// Whether all bytes came.
    private boolean attempt(FileChannel channel, Progress view) throws IOException, HubException {
        HttpURLConnection answer;
        int status;
        try {
            answer = hub.open(file, channel.size());
            status = answer.getResponseCode();
        } catch (IOException e) {
            throw new HubException(e);
        }
        try {
            if (status == 416) {
                // More is here than there.
                channel.truncate(0);
                return false;
            }
            if (status == 200) {
                channel.truncate(0);
            } else if (firstByte(answer) != channel.size()) {
                throw new HubException(new IOException("another range than asked for"));
            }
            long total = facts.bytes() >= 0 ? facts.bytes() : told(answer, status, channel.size());
            copy(answer, channel, total, view);
            return total < 0 || channel.size() == total;
        } finally {
            answer.disconnect();
        }
    }

    private void copy(HttpURLConnection answer, FileChannel channel, long total, Progress view)
            throws IOException, HubException {
        byte[] block = new byte[BLOCK_BYTES];
        try (InputStream in = body(answer)) {
            while (true) {
                int n = read(in, block);
                if (n < 0) {
                    break;
                }
                long position = channel.size();
                if (total >= 0 && position + n > total) {
                    channel.truncate(0);
                    throw new Refusal(
                            "The hub sends more of "
                                    + shown
                                    + " than the "
                                    + total
                                    + " bytes it told: try again, or another mirror in"
                                    + " HF_ENDPOINT.");
                }
                ByteBuffer buffer = ByteBuffer.wrap(block, 0, n);
                while (buffer.hasRemaining()) {
                    channel.write(buffer, channel.size());
                }
                if (position < Gguf.MAGIC.length) {
                    checkMagic(channel);
                }
                view.reached(position + n);
            }
        }
    }

    private static InputStream body(HttpURLConnection answer) throws HubException {
        try {
            return answer.getInputStream();
        } catch (IOException e) {
            throw new HubException(e);
        }
    }

    private static int read(InputStream in, byte[] block) throws HubException {
        try {
            return in.read(block);
        } catch (IOException e) {
            throw new HubException(e);
        }
    }

    private boolean complete(long bytes) {
        return facts.bytes() >= 0 && bytes == facts.bytes();
    }

    private static long told(HttpURLConnection answer, int status, long have) {
        long length = answer.getContentLengthLong();
        return length < 0 ? -1 : status == 206 ? have + length : length;
    }

    /// Where the answer's range begins; -1 when it does not say.
    private static long firstByte(HttpURLConnection answer) {
        String range = String.valueOf(answer.getHeaderField("Content-Range"));
        return range.matches("bytes \\d{1,18}-.*")
                ? Long.parseLong(range.substring("bytes ".length(), range.indexOf('-')))
                : -1;
    }

    /// A wrong file is known by its first bytes, before gigabytes of it came.
    private void checkMagic(FileChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(Gguf.MAGIC.length);
        channel.read(head, 0);
        if (!head.hasRemaining() && !Arrays.equals(head.array(), Gguf.MAGIC)) {
            delete();
            throw new Refusal(
                    shown
                            + " is not a GGUF file and was deleted: pull a .gguf file; the"
                            + " repository's page lists them.");
        }
    }

    private void checkSpace(long have) throws IOException {
        Path folder = part.toAbsolutePath().getParent();
        long free = folder == null ? 0 : Files.getFileStore(folder).getUsableSpace();
        if (facts.bytes() - have > free) {
            if (have == 0) {
                delete();
            }
            throw new Refusal(
                    "No space for "
                            + shown
                            + ": "
                            + Size.of(facts.bytes() - have)
                            + " are missing and "
                            + folder
                            + " has "
                            + Size.of(free)
                            + " left: make room, then run the same command.");
        }
    }

    private Refusal cannotWrite(IOException cause) {
        String why = String.valueOf(cause.getMessage());
        return why.toLowerCase(Locale.ROOT).contains("no space")
                ? new Refusal(
                        "No space left for "
                                + part
                                + ": make room, then the same command goes on where it stopped.",
                        cause)
                : new Refusal(
                        "Cannot write " + part + " (" + why + "): check the folder's rights.",
                        cause);
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal("Interrupted.", e);
        }
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The network's fault, not the disk's: another attempt may do.
    private static final class HubException extends Exception {
        private static final long serialVersionUID = 1L;
        private final IOException cause;

        HubException(IOException cause) {
            super(cause);
            this.cause = cause;
        }
    }
}
