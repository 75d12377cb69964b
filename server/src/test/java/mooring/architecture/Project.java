package mooring.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/// The project's own files, as somebody sees them who has just cloned it.
final class Project {

    static final Path ROOT = root();

    static final Path SERVER_MAIN = ROOT.resolve("server/src/main/java");

    /// What a build or an instance leaves behind, and what is not ours.
    private static final Set<String> LEFT_OUT =
            Set.of("target", "node_modules", ".git", ".mooring", ".idea", ".vscode");

    private Project() {}

    static String read(String path) {
        return read(ROOT.resolve(path));
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String name(Path file) {
        return ROOT.relativize(file).toString();
    }

    /// Files below `under` whose names end so, in the order of their paths.
    static List<Path> files(Path under, String... endings) {
        List<Path> found = new ArrayList<>();
        try {
            Files.walkFileTree(
                    under,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path folder, BasicFileAttributes attributes) {
                            return LEFT_OUT.contains(folder.getFileName().toString())
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            if (Arrays.stream(endings).anyMatch(file.toString()::endsWith)) {
                                found.add(file);
                            }
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Collections.sort(found);
        return found;
    }

    /// The cells of each row of the Markdown table that opens with this header cell.
    static List<List<String>> table(String page, String firstHeader) {
        List<List<String>> rows = new ArrayList<>();
        boolean inside = false;
        for (String line : read(page).lines().toList()) {
            if (line.startsWith("| " + firstHeader + " |")) {
                inside = true;
            } else if (!line.startsWith("|")) {
                inside = false;
            } else if (inside && !line.startsWith("|---")) {
                rows.add(
                        Arrays.stream(line.substring(1, line.length() - 1).split("\\|", -1))
                                .map(String::strip)
                                .toList());
            }
        }
        if (rows.isEmpty()) {
            throw new AssertionError(page + " has no table that begins with " + firstHeader);
        }
        return rows;
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("ARCHITECTURE.md"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new IllegalStateException("no ARCHITECTURE.md above the working folder");
        }
        return folder;
    }
}
