package mooring.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// Where tests keep what is worth keeping between runs.
public final class TestFolders {
    private TestFolders() {}

    /// The build folder of the server module.
    public static Path target() {
        String base = System.getProperty("basedir");
        Path module = Path.of(base == null ? "" : base).toAbsolutePath();
        if (Files.isDirectory(module.resolve("server"))) {
            module = module.resolve("server");
        }
        return module.resolve("target");
    }

    /// The unpacked PostgreSQL programs, shared by all runs.
    public static Path postgresBinaries() {
        return target().resolve("postgres").resolve("binaries");
    }

    /// A new folder below the build folder.
    public static Path create(String prefix) {
        try {
            Path parent = Files.createDirectories(target().resolve("postgres"));
            return Files.createTempDirectory(parent, prefix);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Removes a folder with all that is in it.
    public static void delete(Path root) {
        try (var paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
