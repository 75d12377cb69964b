package mooring.bench;

import java.io.IOException;
import java.nio.file.Path;

/// How long this machine needs right now for a JVM that does nothing: the control of start times.
final class JvmStart {

    private JvmStart() {}

    static double seconds() throws IOException, InterruptedException {
        long start = System.nanoTime();
        new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        return Machine.secondsSince(start);
    }
}
