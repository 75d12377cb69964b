package mooring.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Processes that belong to an instance, found by its data folder: in their command line or as
/// where they work. Unlike a family tree it also shows those whose parent is gone.
final class Leftovers {

    private Leftovers() {}

    static List<String> of(Path dataDir) {
        List<String> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                if (Character.isDigit(entry.getFileName().toString().charAt(0))) {
                    String command = commandLine(entry);
                    if (command.contains(dataDir.toString()) || worksIn(entry, dataDir)) {
                        found.add(entry.getFileName() + " " + command);
                    }
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return found;
    }

    private static String commandLine(Path entry) {
        try {
            return new String(Files.readAllBytes(entry.resolve("cmdline")), StandardCharsets.UTF_8)
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException e) {
            // It ended meanwhile.
            return "";
        }
    }

    private static boolean worksIn(Path entry, Path dataDir) {
        try {
            return Files.readSymbolicLink(entry.resolve("cwd")).startsWith(dataDir);
        } catch (IOException e) {
            // It ended, or belongs to another user, whose processes are none of ours.
            return false;
        }
    }
}
