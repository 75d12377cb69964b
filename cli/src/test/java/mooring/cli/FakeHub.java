package mooring.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A hub with one file in `acme/tiny-GGUF`, which it sends from another port, as the public hub
/// does from its content network.
final class FakeHub implements AutoCloseable {
    static final String REPOSITORY = "acme/tiny-GGUF";
    static final String FILE = "Tiny-Q4.gguf";

    /// A request that arrived.
    ///
    /// @param token the authorization that came along, `-` for none
    /// @param range the range asked for, `-` for none
    record Asked(boolean atHub, String method, String path, String token, String range) {}

    private final HttpServer hub = server();
    private final HttpServer store = server();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    private final byte[] content;

    private volatile @Nullable String etag;
    private volatile long size;
    private volatile int refusal;
    private volatile @Nullable String refusalCode;
    private final AtomicInteger cutsLeft = new AtomicInteger();
    private volatile int cutAfter;
    private volatile boolean stalls;

    FakeHub(byte[] content) throws IOException {
        this.content = content;
        this.etag = "\"" + sha256(content) + "\"";
        this.size = content.length;
        hub.createContext("/", this::redirect);
        store.createContext("/", this::send);
        for (HttpServer server : List.of(hub, store)) {
            server.setExecutor(threads);
            server.start();
        }
    }

    String url() {
        return "http://127.0.0.1:" + hub.getAddress().getPort();
    }

    List<Asked> asked() {
        synchronized (asked) {
            return List.copyOf(asked);
        }
    }

    /// Ranges asked of the content network, in order.
    List<String> ranges() {
        return asked().stream().filter(a -> !a.atHub()).map(Asked::range).toList();
    }

    FakeHub tells(@Nullable String newEtag) {
        etag = newEtag;
        return this;
    }

    FakeHub tellsSize(long bytes) {
        size = bytes;
        return this;
    }

    FakeHub refuses(int status, @Nullable String code) {
        refusal = status;
        refusalCode = code;
        return this;
    }

    /// The next `times` transfers end after so many bytes.
    FakeHub cuts(int times, int afterBytes) {
        cutsLeft.set(times);
        cutAfter = afterBytes;
        return this;
    }

    /// A cut transfer keeps its connection and sends nothing more.
    FakeHub stallsInsteadOfCutting() {
        stalls = true;
        return this;
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }

    private void redirect(HttpExchange exchange) throws IOException {
        note(true, exchange);
        if (refusal != 0) {
            if (refusalCode != null) {
                exchange.getResponseHeaders().set("X-Error-Code", refusalCode);
            }
            exchange.sendResponseHeaders(refusal, -1);
        } else if (!exchange.getRequestURI()
                .getPath()
                .equals("/" + REPOSITORY + "/resolve/main/" + FILE)) {
            exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
            exchange.sendResponseHeaders(404, -1);
        } else {
            if (etag != null) {
                exchange.getResponseHeaders().set("X-Linked-Etag", etag);
            }
            exchange.getResponseHeaders().set("X-Linked-Size", Long.toString(size));
            exchange.getResponseHeaders()
                    .set(
                            "Location",
                            "http://127.0.0.1:" + store.getAddress().getPort() + "/blob?sig=1");
            exchange.sendResponseHeaders(302, -1);
        }
        exchange.close();
    }

    private void send(HttpExchange exchange) throws IOException {
        note(false, exchange);
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.substring(6, range.length() - 1));
        // As the public hub's network does: an ETag that is no checksum of the content.
        exchange.getResponseHeaders().set("ETag", "\"" + "ab".repeat(32) + "\"");
        if (from >= content.length) {
            exchange.sendResponseHeaders(416, -1);
            exchange.close();
            return;
        }
        if (from > 0) {
            exchange.getResponseHeaders()
                    .set(
                            "Content-Range",
                            "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
        int until = content.length;
        boolean cut = cutsLeft.getAndDecrement() > 0;
        if (cut) {
            until = Math.min(content.length, from + cutAfter);
        }
        OutputStream out = exchange.getResponseBody();
        out.write(content, from, until - from);
        out.flush();
        if (cut && stalls) {
            stall();
        }
        exchange.close();
    }

    private static void stall() {
        try {
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void note(boolean atHub, HttpExchange exchange) {
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        String range = exchange.getRequestHeaders().getFirst("Range");
        asked.add(
                new Asked(
                        atHub,
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().getPath(),
                        token == null ? "-" : token,
                        range == null ? "-" : range));
    }

    private static HttpServer server() throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }
}
