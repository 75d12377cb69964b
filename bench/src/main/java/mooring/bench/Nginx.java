package mooring.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// nginx as a bare proxy before an engine, with kept connections on both sides: the least that a
/// hop costs. The installed one, or Debian's package unpacked into the work folder.
record Nginx(URI url, long pid) {

    private static final Duration READY = Duration.ofSeconds(20);
    private static final long FETCH_SECONDS = 120;

    static Nginx start(Workbench bench, URI engine) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(bench.folder().resolve("nginx"));
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(
                configuration,
                """
                daemon off;
                pid %1$s/nginx.pid;
                error_log %1$s/error.log warn;
                worker_processes auto;
                worker_rlimit_nofile 65535;
                events { worker_connections 16384; }
                http {
                  access_log off;
                  client_max_body_size 64m;
                  client_body_buffer_size 64k;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  keepalive_requests 100000000;
                  upstream engine {
                    server %2$s:%3$d;
                    keepalive 1024;
                    keepalive_requests 100000000;
                  }
                  server {
                    listen 127.0.0.1:%4$d backlog=4096;
                    location / {
                      proxy_pass http://engine;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_buffering off;
                      proxy_read_timeout 600s;
                    }
                  }
                }
                """
                        .formatted(folder, engine.getHost(), engine.getPort(), port));
        Process process =
                bench.start(
                        List.of(
                                program(folder).toString(),
                                "-p",
                                folder.toString(),
                                "-e",
                                folder.resolve("error.log").toString(),
                                "-c",
                                configuration.toString()),
                        folder.resolve("output.log"));
        Machine.await("nginx answers", READY, () -> answers(port));
        return new Nginx(URI.create("http://127.0.0.1:" + port), process.pid());
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    private static Path program(Path folder) throws IOException, InterruptedException {
        for (String place : List.of("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx")) {
            if (Files.isExecutable(Path.of(place))) {
                return Path.of(place);
            }
        }
        Path packages = Files.createDirectories(folder.resolve("package"));
        run(packages, "apt-get", "download", "nginx");
        try (Stream<Path> files = Files.list(packages)) {
            Path archive =
                    files.filter(file -> file.toString().endsWith(".deb"))
                            .findFirst()
                            .orElseThrow(() -> new IllegalStateException("no package of nginx"));
            run(packages, "dpkg-deb", "-x", archive.toString(), packages.toString());
        }
        return packages.resolve("usr/sbin/nginx");
    }

    private static void run(Path folder, String... command)
            throws IOException, InterruptedException {
        Path log = folder.resolve("fetch.log");
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (!process.waitFor(FETCH_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IllegalStateException(
                    "nginx is not installed, and "
                            + String.join(" ", command)
                            + " failed: "
                            + Files.readString(log));
        }
    }
}
