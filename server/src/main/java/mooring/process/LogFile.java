package mooring.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// A file that a child writes its output to: never longer than a bound for long, with one older
/// generation beside it, and readable by its owner alone.
///
/// The child holds the file open in append mode, so a file that has grown too long is copied away
/// and emptied in place.
final class LogFile {
    private static final int TAIL_BYTES = 16 * 1024;

    private final Path path;
    private final long maxBytes;
    private volatile long startOffset;

    private LogFile(Path path, long maxBytes, long startOffset) {
        this.path = path;
        this.maxBytes = maxBytes;
        this.startOffset = startOffset;
    }

    static LogFile open(Path path, long maxBytes) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        if (Files.exists(path) && Files.size(path) > maxBytes / 2) {
            Files.move(path, older(path), StandardCopyOption.REPLACE_EXISTING);
        }
        try {
            Files.createFile(
                    path,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException fromAnEarlierStart) {
            // Appended to.
        }
        return new LogFile(path, maxBytes, Files.size(path));
    }

    Path path() {
        return path;
    }

    void bound() throws IOException {
        if (Files.exists(path) && Files.size(path) > maxBytes) {
            Files.copy(path, older(path), StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
                file.truncate(0);
            }
            startOffset = 0;
        }
    }

    /// The last lines since this start that are not blank, oldest first.
    List<String> lastLines(int count) {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = file.size();
            long from = Math.max(Math.min(startOffset, size), size - TAIL_BYTES);
            ByteBuffer tail = ByteBuffer.allocate((int) (size - from));
            while (tail.hasRemaining() && file.read(tail, from + tail.position()) > 0) {
                // Until the end that we saw, or an earlier one if it was emptied meanwhile.
            }
            List<String> lines =
                    new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8)
                            .lines()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .toList();
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private static Path older(Path path) {
        return path.resolveSibling(path.getFileName() + ".1");
    }
}
