package mooring.bench;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/// Programs that lie with the server's tests, which no build of the product compiles.
final class ServerTests {

    private ServerTests() {}

    /// @param sources all that are needed
    /// @return the folder with their classes
    static Path compile(Workbench bench, List<Path> sources) throws IOException {
        Path server = bench.project().serverJar();
        Path classes = Files.createDirectories(bench.folder().resolve("classes"));
        List<String> words = new ArrayList<>();
        words.addAll(List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp"));
        words.add(
                String.join(
                        File.pathSeparator,
                        server.toString(),
                        server.resolveSibling("lib") + "/*",
                        System.getProperty("java.class.path")));
        sources.forEach(source -> words.add(source.toString()));
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        int code =
                ToolProvider.findFirst("javac")
                        .orElseThrow(() -> new IllegalStateException("no javac in this JDK"))
                        .run(out, out, words.toArray(String[]::new));
        if (code != 0) {
            throw new IllegalStateException("the program does not compile: " + said);
        }
        return classes;
    }
}
