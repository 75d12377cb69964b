package mooring.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Whether a person sits at the other end of a standard stream.
final class Terminals {
    private Terminals() {}

    // From Java 25 on there is again no console without a terminal.
    @SuppressWarnings("SystemConsoleNull")
    static boolean isTerminal(int fileDescriptor) {
        Path link = Path.of("/proc/self/fd/" + fileDescriptor);
        try {
            String target = Files.readSymbolicLink(link).toString();
            return target.startsWith("/dev/pts/")
                    || target.startsWith("/dev/tty")
                    || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            // Not Linux: Java can only tell about both streams together.
            Console console = System.console();
            return console != null && console.isTerminal();
        }
    }
}
