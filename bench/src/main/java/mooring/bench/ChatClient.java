package mooring.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Asks for one chat completion over a socket of its own, so that every byte is seen as it comes
/// and the socket can be closed at any moment. Blocks: meant for a virtual thread.
final class ChatClient {

    private static final int CONNECT_MILLIS = 5_000;
    private static final int READ_BYTES = 16 * 1024;

    private final URI url;
    private final Duration deadline;

    /// @param deadline for each answer as a whole
    ChatClient(URI url, Duration deadline) {
        this.url = url;
        this.deadline = deadline;
    }

    /// @param label stored as the caller's own id of the request
    Answer ask(String key, String label, String body, Leave leave) {
        return ask(key, label, body, leave, new Progress(Integer.MAX_VALUE));
    }

    Answer ask(String key, String label, String body, Leave leave, Progress progress) {
        Answer answer = new Answer();
        long start = System.nanoTime();
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request(key, label, body));
            read(socket, answer, leave, progress, start);
        } catch (IOException | RuntimeException e) {
            answer.trouble = e.toString();
        }
        return answer;
    }

    /// A connection of its own.
    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), CONNECT_MILLIS);
        return socket;
    }

    /// Asks over a connection that may be used again afterwards, once.
    Answer ask(Socket socket, String key, String label, String body) {
        Answer answer = new Answer();
        try {
            socket.getOutputStream().write(request(key, label, body));
            read(
                    socket,
                    answer,
                    new Leave.Never(),
                    new Progress(Integer.MAX_VALUE),
                    System.nanoTime());
        } catch (IOException | RuntimeException e) {
            answer.trouble = e.toString();
        }
        return answer;
    }

    private void read(Socket socket, Answer answer, Leave leave, Progress progress, long start)
            throws IOException {
        Events events = new Events(answer);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        HttpReader[] http = new HttpReader[1];
        http[0] =
                new HttpReader(
                        (bytes, offset, length) -> {
                            if (http[0].header("content-type").startsWith("text/event-stream")) {
                                events.read(bytes, offset, length);
                            } else {
                                whole.write(bytes, offset, length);
                            }
                        });
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[READ_BYTES];
        long leaveAt =
                leave instanceof Leave.After(Duration time, _)
                        ? start + time.toNanos()
                        : Long.MAX_VALUE;
        while (!http[0].ended()) {
            long now = System.nanoTime();
            long until = Math.min(leaveAt, start + deadline.toNanos());
            try {
                socket.setSoTimeout((int) Math.max(1, (until - now) / 1_000_000));
                int count = now >= until ? timeOut() : in.read(buffer);
                if (count < 0) {
                    throw new IOException("closed before its end");
                }
                http[0].read(buffer, count);
                progress.at(answer.pieces.size());
            } catch (SocketTimeoutException e) {
                if (leaveAt > start + deadline.toNanos()) {
                    throw e;
                }
                if (System.nanoTime() < leaveAt) {
                    continue;
                }
                close(socket, in, buffer, http[0], answer, leave);
                break;
            }
            if (leave instanceof Leave.AfterPieces(int pieces, _)
                    && answer.pieces.size() >= pieces
                    && !events.done) {
                close(socket, in, buffer, http[0], answer, leave);
                break;
            }
        }
        answer.status = http[0].status();
        answer.requestId = http[0].header("x-request-id");
        answer.lastOfConnection = http[0].header("connection").equalsIgnoreCase("close");
        if (http[0].ended() && answer.leftAt == null) {
            if (whole.size() > 0) {
                String text = strictly(whole.toByteArray());
                if (answer.status == 200) {
                    answer.whole(Json.read(text));
                    answer.complete = true;
                } else {
                    answer.trouble = text;
                }
            } else {
                answer.complete = events.done;
            }
        }
    }

    private static int timeOut() throws SocketTimeoutException {
        throw new SocketTimeoutException();
    }

    /// Reads what is in our socket already, since it was written before the close; then closes.
    private static void close(
            Socket socket,
            InputStream in,
            byte[] buffer,
            HttpReader http,
            Answer answer,
            Leave leave)
            throws IOException {
        while (in.available() > 0 && !http.ended()) {
            http.read(buffer, in.read(buffer, 0, Math.min(in.available(), buffer.length)));
        }
        boolean reset =
                switch (leave) {
                    case Leave.Never _ -> false;
                    case Leave.AfterPieces(_, boolean hard) -> hard;
                    case Leave.After(_, boolean hard) -> hard;
                };
        if (reset) {
            socket.setSoLinger(true, 0);
        }
        answer.leftAt = Machine.instant();
        socket.close();
    }

    private byte[] request(String key, String label, String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        byte[] head =
                """
                POST /v1/chat/completions HTTP/1.1\r
                Host: %s:%d\r
                Authorization: Bearer %s\r
                X-Client-Request-Id: %s\r
                Content-Type: application/json\r
                Content-Length: %d\r
                \r
                """
                        .formatted(url.getHost(), url.getPort(), key, label, content.length)
                        .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + content.length).put(head).put(content).array();
    }

    /// Text that must be whole UTF-8, as a strict client reads it.
    private static String strictly(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalStateException("an answer that is no UTF-8", e);
        }
    }

    /// The events of a stream: each `data:` line is a chunk.
    private static final class Events {

        private final Answer answer;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private boolean done;

        Events(Answer answer) {
            this.answer = answer;
        }

        void read(byte[] bytes, int offset, int length) {
            for (int i = offset; i < offset + length; i++) {
                if (bytes[i] == '\n') {
                    String text = strictly(line.toByteArray());
                    line.reset();
                    if (text.startsWith("data: ")) {
                        data(text.substring("data: ".length()));
                    }
                } else {
                    line.write(bytes[i]);
                }
            }
        }

        private void data(String payload) {
            if (payload.equals("[DONE]")) {
                done = true;
            } else {
                answer.chunk(Json.read(payload));
            }
        }
    }
}
