package mooring.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// Where nginx is: on the path, or in the distribution's package, unpacked without privileges.
final class NginxProgram {

    private static final Duration DOWNLOAD = Duration.ofMinutes(2);
    private static final Duration LISTENING = Duration.ofSeconds(20);

    private NginxProgram() {}

    static Path find(Workbench bench) throws IOException, InterruptedException {
        for (String folder : List.of("/usr/sbin", "/usr/local/sbin", "/usr/bin")) {
            Path installed = Path.of(folder, "nginx");
            if (Files.isExecutable(installed)) {
                return installed;
            }
        }
        Path folder = Files.createDirectories(bench.folder().resolve("nginx-package"));
        Path log = folder.resolve("download.log");
        run(bench, folder, log, List.of("apt-get", "download", "nginx"));
        Path package_;
        try (Stream<Path> files = Files.list(folder)) {
            package_ =
                    files.filter(file -> file.toString().endsWith(".deb"))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new IllegalStateException(
                                                    "apt-get brought no package; see " + log));
        }
        run(bench, folder, log, List.of("dpkg-deb", "-x", package_.toString(), folder.toString()));
        return folder.resolve("usr/sbin/nginx");
    }

    private static void run(Workbench bench, Path folder, Path log, List<String> command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process process = builder.start();
        if (!process.waitFor(DOWNLOAD) || process.exitValue() != 0) {
            process.destroyForcibly();
            bench.keep();
            throw new IllegalStateException(
                    String.join(" ", command) + " failed: " + Files.readString(log).strip());
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    static void awaitListening(int port) throws InterruptedException {
        Machine.await(
                "nginx on port " + port,
                LISTENING,
                () -> {
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
                        return true;
                    } catch (IOException notYet) {
                        return false;
                    }
                });
    }
}
