package mooring.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Another Java machine with our class path, to be killed by a test.
public final class JavaProgram implements AutoCloseable {
    private static final String END = "<end>";

    private final Process process;
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private JavaProgram(Process process) {
        this.process = process;
        Thread.ofVirtual().start(this::read);
    }

    /// The words that run a main class with our class path.
    public static List<String> command(Class<?> main, String... arguments) {
        return command(System.getProperty("java.class.path"), main, arguments);
    }

    /// The words that run a main class with another class path.
    public static List<String> command(String classPath, Class<?> main, String... arguments) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Xshare:auto",
                                "-cp",
                                classPath,
                                main.getName()));
        words.addAll(List.of(arguments));
        return words;
    }

    public static JavaProgram start(List<String> command, Map<String, String> environment) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().putAll(environment);
            return new JavaProgram(builder.start());
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /// Our class path copied to where every account can read it.
    public static String readableClassPath(Path folder) throws IOException {
        List<String> copies = new ArrayList<>();
        Files.createDirectories(folder);
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path source = Path.of(entry);
            if (!Files.exists(source)) {
                continue;
            }
            Path copy = folder.resolve(number++ + "-" + source.getFileName());
            try (Stream<Path> paths = Files.walk(source)) {
                for (Path path : paths.toList()) {
                    Files.copy(path, copy.resolve(source.relativize(path).toString()).normalize());
                }
            }
            copies.add(copy.toString());
        }
        return String.join(File.pathSeparator, copies);
    }

    public Process process() {
        return process;
    }

    /// The next line that begins with this word.
    public String lineWith(String word, Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        try {
            while (true) {
                String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (line == null || line.equals(END)) {
                    throw new AssertionError(
                            word + ": not said" + (line == null ? " in " + deadline : ""));
                }
                if (line.startsWith(word)) {
                    return line;
                }
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /// The end that no program can prepare for.
    public void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new AssertionError("survived SIGKILL");
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Override
    public void close() {
        kill();
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException ended) {
            // As it does when the program is killed.
        }
        lines.add(END);
    }
}
