package mooring.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a running PostgreSQL says about itself in its data folder.
///
/// @param pid 0 when the file is empty or garbled, as after a crash
record PostmasterFile(long pid, boolean ready) {
    private static final int STATUS_LINE = 7;

    static @Nullable PostmasterFile read(Path data) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(path(data));
        } catch (NoSuchFileException notRunning) {
            return null;
        }
        String first = lines.isEmpty() ? "" : lines.getFirst().strip();
        long pid = first.matches("\\d{1,9}") ? Long.parseLong(first) : 0;
        boolean ready =
                lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready");
        return new PostmasterFile(pid, ready);
    }

    static Path path(Path data) {
        return data.resolve("postmaster.pid");
    }
}
