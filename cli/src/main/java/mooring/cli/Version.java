package mooring.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/// The version of this program, written in by the build.
final class Version {
    private static final int MAX_BYTES = 100;

    private Version() {}

    static String ofThisProgram() {
        try (InputStream in = Version.class.getResourceAsStream("version.txt")) {
            return in == null
                    ? "unknown"
                    : new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
