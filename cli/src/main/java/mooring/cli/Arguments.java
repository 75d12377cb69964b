package mooring.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The arguments as the user typed them, in UTF-8 whatever the locale says.
final class Arguments {
    private static final int MAX_COMMAND_LINE_BYTES = 4 << 20;

    private Arguments() {}

    /// Java decodes arguments by the locale, so that without one (a bare container) every character
    /// outside ASCII is lost. Linux keeps the bytes.
    static String[] asTyped(String[] decoded) {
        for (String argument : decoded) {
            for (int i = 0; i < argument.length(); i++) {
                if (argument.charAt(i) > 127) {
                    return fromProcess(decoded);
                }
            }
        }
        return decoded;
    }

    private static String[] fromProcess(String[] decoded) {
        byte[] bytes;
        try (var in = Files.newInputStream(Path.of("/proc/self/cmdline"))) {
            bytes = in.readNBytes(MAX_COMMAND_LINE_BYTES);
        } catch (IOException e) {
            return decoded;
        }
        return last(bytes, decoded);
    }

    /// The last arguments of a NUL-separated command line, as many as were decoded.
    static String[] last(byte[] commandLine, String[] decoded) {
        String[] all = new String(commandLine, StandardCharsets.UTF_8).split("\0", -1);
        // The list ends with a NUL, so its last part is empty.
        int first = all.length - 1 - decoded.length;
        if (first < 1) {
            return decoded;
        }
        String[] typed = new String[decoded.length];
        System.arraycopy(all, first, typed, 0, decoded.length);
        return typed;
    }
}
