package mooring.fleet;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import mooring.time.Deadline;

/// One question to an engine: do you serve?
///
/// It reads the status line and nothing more, inside one deadline for all of it, so no answer
/// however slow, long or garbled can hold it.
final class HealthProbe {
    private static final int STATUS_LINE_BYTES = 12;
    private static final int DEFAULT_PORT = 80;

    private HealthProbe() {}

    /// What the engine said: serving, loading, or what is wrong.
    sealed interface Answer {
        record Serving() implements Answer {}

        record Loading() implements Answer {}

        record Wrong(String reason) implements Answer {}
    }

    static Answer ask(URI base, String path, Duration deadline) {
        Deadline end = Deadline.in(deadline);
        int port = base.getPort() < 0 ? DEFAULT_PORT : base.getPort();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(base.getHost(), port), millisUntil(end));
            String request =
                    "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n"
                            .formatted(path, base.getHost(), port);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return judge(statusLine(socket, end));
        } catch (SocketTimeoutException late) {
            return new Answer.Wrong("no answer to " + path + " in " + deadline.toMillis() + " ms");
        } catch (IOException failure) {
            return new Answer.Wrong(path + ": " + failure.getMessage());
        }
    }

    private static String statusLine(Socket socket, Deadline end) throws IOException {
        byte[] bytes = new byte[STATUS_LINE_BYTES];
        int length = 0;
        InputStream in = socket.getInputStream();
        while (length < bytes.length) {
            socket.setSoTimeout(millisUntil(end));
            int read = in.read(bytes, length, bytes.length - length);
            if (read < 0) {
                break;
            }
            length += read;
        }
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }

    private static Answer judge(String line) {
        if (!line.matches("HTTP/1\\.[01] \\d\\d\\d")) {
            return new Answer.Wrong("health: no HTTP answer");
        }
        String status = line.substring(line.length() - 3);
        return switch (status) {
            case "200", "204" -> new Answer.Serving();
            case "503" -> new Answer.Loading();
            default -> new Answer.Wrong("health: status " + status + " (expected: 200)");
        };
    }

    private static int millisUntil(Deadline end) throws SocketTimeoutException {
        long left = end.left().toMillis();
        if (left <= 0) {
            throw new SocketTimeoutException();
        }
        return (int) left;
    }
}
