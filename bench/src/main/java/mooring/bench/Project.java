package mooring.bench;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The folder of the project, and where its parts lie in it.
record Project(Path home) {

    /// Found from where this program itself lies.
    static Project find() {
        Path own;
        try {
            own =
                    Path.of(
                            Project.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        for (Path folder = own; folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("mooring"))
                    && Files.isDirectory(folder.resolve("bench"))) {
                return new Project(folder);
            }
        }
        throw new IllegalStateException("no project folder above " + own);
    }

    Path serverJar() {
        return built("server/target/mooring-server.jar");
    }

    Path serverTests() {
        return home.resolve("server/src/test/java");
    }

    Path simulatorJar() {
        return built("simulator/target/mooring-simulator.jar");
    }

    /// The launcher's start-up cache of the server; it may not be there.
    Path serverCache() {
        return home.resolve("server/target/mooring.aot");
    }

    Path engines() {
        return home.resolve("engines");
    }

    Path performancePage() {
        return home.resolve("PERFORMANCE.md");
    }

    /// The programs that check clients, and the list of them.
    Path clients() {
        return home.resolve("bench/clients");
    }

    /// Where the clients themselves are installed; it is a part of what is built.
    Path installedClients() {
        return home.resolve("bench/target/clients");
    }

    Path launcher() {
        return home.resolve("mooring");
    }

    private Path built(String path) {
        Path file = home.resolve(path);
        if (!Files.isRegularFile(file)) {
            throw new IllegalStateException(file + " is not built (mvn package)");
        }
        return file;
    }
}
