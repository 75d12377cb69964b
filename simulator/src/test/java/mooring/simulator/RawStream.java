package mooring.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/// A chat over a bare socket, for tests that look at bytes, at silence, or leave midway.
final class RawStream implements AutoCloseable {

    private static final int DEADLINE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;
    private final StringBuilder seen = new StringBuilder();

    private RawStream(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        socket.setSoTimeout(DEADLINE_MILLIS);
    }

    static RawStream open(URI url, JsonNode body) throws IOException {
        RawStream stream = new RawStream(new Socket(url.getHost(), url.getPort()));
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        String head =
                "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + "Content-Length: %d\r\n\r\n".formatted(bytes.length);
        OutputStream out = stream.socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(bytes);
        return stream;
    }

    /// Reads on until the text has come that many times.
    void readUntil(String text, int times) throws IOException {
        while (seen.toString().split(text, -1).length <= times) {
            int next = in.read();
            if (next < 0) {
                throw new AssertionError("ended: " + seen);
            }
            seen.append((char) next);
        }
    }

    /// Everything until the other side closes.
    String readToEnd() throws IOException {
        seen.append(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
        return seen.toString();
    }

    /// Whether no event follows within that time; the rest of the last one may still come.
    boolean quietFor(int millis) throws IOException {
        socket.setSoTimeout(millis);
        StringBuilder rest = new StringBuilder();
        try {
            for (int next = in.read(); next >= 0; next = in.read()) {
                rest.append((char) next);
            }
            return false;
        } catch (SocketTimeoutException e) {
            return !rest.toString().contains("data: ");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
