package mooring.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The program's entry. Ctrl-C ends it with 130, as the Java runtime does by itself, and so closes
/// the connection, which cancels a running answer.
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        // Always UTF-8: a container without a locale would print question marks.
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        Surroundings surroundings =
                new Surroundings(
                        System.getenv(),
                        Path.of(""),
                        System.in,
                        out,
                        err,
                        () -> Terminals.isTerminal(0),
                        () -> Terminals.isTerminal(1));
        int exitCode = Commands.run(surroundings, Arguments.asTyped(args));
        out.flush();
        err.flush();
        // Not exit, which starts the logging system to say so; nothing here runs at shutdown.
        Runtime.getRuntime().halt(exitCode);
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), 8_192),
                false,
                StandardCharsets.UTF_8);
    }
}
