package mooring.fleet;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/// A program that answers health checks as its arguments say: the port, a key file, and how many
/// times it says that it loads; it answers nothing while a file named `hang` lies beside the key.
final class FakeEngine {
    private FakeEngine() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        Path keyFile = Path.of(arguments[1]);
        AtomicInteger loading = new AtomicInteger(Integer.parseInt(arguments[2]));
        Path hang = keyFile.resolveSibling("hang");
        String key = Files.readString(keyFile, StandardCharsets.UTF_8).strip();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext(
                "/health",
                exchange -> {
                    boolean ready = loading.getAndDecrement() <= 0;
                    if (!Files.exists(hang)) {
                        exchange.sendResponseHeaders(ready ? 200 : 503, -1);
                        exchange.close();
                    }
                });
        server.start();
        System.out.println("serving with a key of " + key.length() + " characters");
        // The lifeline: its end is ours.
        while (System.in.read() >= 0) {
            // Nothing is said there.
        }
        System.out.println("the lifeline has ended");
        System.exit(0);
    }
}
