package mooring.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One connection, byte by byte: for clients that leave early, dawdle, or send what no library
/// would. Every read has a deadline.
public final class RawHttp implements AutoCloseable {

    private static final int DEADLINE_MILLIS = 20_000;

    /// Status, headers with lower-case names, and the whole body.
    public record Head(int status, Map<String, String> headers) {
        public String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private final Socket socket;
    private final InputStream in;
    private boolean chunked;
    private long left;

    private RawHttp(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    public static RawHttp connect(String baseUrl) {
        return connect(baseUrl, 0);
    }

    /// @param receiveBuffer a small one makes a slow reader felt soon; 0 leaves the system's
    public static RawHttp connect(String baseUrl, int receiveBuffer) {
        URI url = URI.create(baseUrl);
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(DEADLINE_MILLIS);
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), DEADLINE_MILLIS);
            return new RawHttp(socket);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public RawHttp deadline(Duration atMost) {
        try {
            socket.setSoTimeout((int) atMost.toMillis());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return this;
    }

    public RawHttp send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    public RawHttp send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return this;
    }

    /// A whole request with a JSON body.
    public RawHttp post(String path, @Nullable String key, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        send(
                "POST "
                        + path
                        + " HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
                        + (key == null ? "" : "authorization: Bearer " + key + "\r\n")
                        + "content-length: "
                        + bytes.length
                        + "\r\n\r\n");
        return send(bytes);
    }

    /// Reads the head of the next answer.
    public Head head() {
        try {
            String status = line();
            while (status.startsWith("HTTP/1.1 100")) {
                line();
                status = line();
            }
            Map<String, String> headers = new TreeMap<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            chunked = "chunked".equalsIgnoreCase(headers.get("transfer-encoding"));
            left = chunked ? 0 : Long.parseLong(headers.getOrDefault("content-length", "0"));
            return new Head(Integer.parseInt(status.split(" ")[1]), headers);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// A line as it came, outside of any answer.
    public String rawLine() {
        try {
            return line();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The answer at hand has no body, whatever its head says.
    public void noBody() {
        chunked = false;
        left = 0;
    }

    /// The next line of the body, null at its end. An end without the last chunk throws.
    public @Nullable String bodyLine() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int next = bodyByte(); next >= 0; next = bodyByte()) {
                if (next == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                line.write(next);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
    }

    /// The payload of the next event, null at the end; comments are skipped.
    public @Nullable String event() {
        for (String line = bodyLine(); line != null; line = bodyLine()) {
            if (line.startsWith("data: ")) {
                return line.substring("data: ".length());
            }
        }
        return null;
    }

    /// All of the body that is left.
    public String body() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            for (int next = bodyByte(); next >= 0; next = bodyByte()) {
                body.write(next);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return body.toString(StandardCharsets.UTF_8);
    }

    /// Whether the other side closes within the deadline, whatever it still says.
    public boolean closedByPeer() {
        try {
            in.skip(Long.MAX_VALUE);
            return in.read() < 0;
        } catch (SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    /// Everything that still comes until the other side closes, within the deadline; an end by
    /// reset counts as one.
    public String restUntilClosed() {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        try {
            for (int next = in.read(); next >= 0; next = in.read()) {
                rest.write(next);
            }
        } catch (SocketTimeoutException stillOpen) {
            throw new AssertionError("still open, after: " + rest, stillOpen);
        } catch (IOException reset) {
            // Closed, too.
        }
        return rest.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private int bodyByte() throws IOException {
        if (left == 0) {
            if (!chunked) {
                return -1;
            }
            left = Long.parseLong(line().strip(), 16);
            if (left == 0) {
                line();
                chunked = false;
                return -1;
            }
        }
        int next = in.read();
        if (next < 0) {
            throw new EOFException("the body broke off");
        }
        if (--left == 0 && chunked) {
            line();
        }
        return next;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection closed inside a head");
            }
            if (next != '\r') {
                line.write(next);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }
}
