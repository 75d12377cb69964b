package mooring.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// An engine that costs next to nothing: one thread, ready-made answers, streams at a steady pace.
/// Only the comparison of gateways needs it; what an engine says wrong is the simulator's business.
final class StubEngine implements AutoCloseable {

    static final String MODEL = "stub";
    static final int PROMPT_TOKENS = 12;
    static final int WHOLE_TOKENS = 8;

    private static final String PIECE = "token ";
    private static final int BACKLOG = 4_096;
    private static final int READ_BYTES = 64 * 1024;

    private final Selector selector;
    private final ServerSocketChannel server;
    private final ByteBuffer input = ByteBuffer.allocateDirect(READ_BYTES);
    private final PriorityQueue<Stream> streams = new PriorityQueue<>();
    private final Thread thread;
    private final long paceNanos;
    private final byte[] whole;
    private final byte[] wholeStream;
    private final byte[][] pieces;
    private final byte[][] countedPieces;
    private final byte[] end;
    private final byte[] countedEnd;
    private volatile boolean closed;

    /// @param tokens of a streamed answer that asks for pace
    StubEngine(int tokens, Duration pace) throws IOException {
        selector = Selector.open();
        server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        paceNanos = pace.toNanos();
        String text = PIECE.repeat(WHOLE_TOKENS);
        String answer =
                """
                {"id":"chatcmpl-stub","object":"chat.completion","created":1,"model":"stub",\
                "choices":[{"index":0,"message":{"role":"assistant","content":"%s"},\
                "finish_reason":"stop"}],"usage":%s}"""
                        .formatted(text, usage(WHOLE_TOKENS));
        whole =
                bytes(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                                + answer.length()
                                + "\r\n\r\n"
                                + answer);
        StringBuilder events = new StringBuilder();
        events.append(event("{\"role\":\"assistant\",\"content\":\"\"}", null, 0));
        events.append(event("{\"content\":\"" + text + "\"}", null, WHOLE_TOKENS));
        events.append(finish(WHOLE_TOKENS));
        wholeStream = bytes(HEAD + chunk(events.toString()) + "0\r\n\r\n");
        pieces = new byte[tokens][];
        countedPieces = new byte[tokens][];
        for (int i = 0; i < tokens; i++) {
            String delta = "{\"content\":\"" + PIECE + "\"}";
            String first = i == 0 ? HEAD : "";
            pieces[i] = bytes(first + chunk(event(delta, null, -1)));
            countedPieces[i] = bytes(first + chunk(event(delta, null, i + 1)));
        }
        end = bytes(chunk(finish(tokens)) + "0\r\n\r\n");
        countedEnd = end;
        thread = Thread.ofPlatform().daemon().name("stub engine").start(this::run);
    }

    private static final String HEAD =
            """
            HTTP/1.1 200 OK\r
            content-type: text/event-stream\r
            transfer-encoding: chunked\r
            \r
            """;

    private static String usage(int output) {
        return "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}"
                .formatted(PROMPT_TOKENS, output, PROMPT_TOKENS + output);
    }

    private static String event(String delta, @Nullable String finish, int count) {
        return "data: {\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion.chunk\",\"created\":1,"
                + "\"model\":\"stub\",\"choices\":[{\"index\":0,\"delta\":"
                + delta
                + ",\"finish_reason\":"
                + (finish == null ? "null" : "\"" + finish + "\"")
                + "}]"
                + (count < 0 ? "" : ",\"usage\":" + usage(count))
                + "}\n\n";
    }

    private static String finish(int tokens) {
        return event("{}", "stop", -1)
                + "data: {\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion.chunk\","
                + "\"created\":1,\"model\":\"stub\",\"choices\":[],\"usage\":"
                + usage(tokens)
                + "}\n\ndata: [DONE]\n\n";
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.socket().getLocalPort());
    }

    private void run() {
        try {
            while (!closed) {
                long wait = pace();
                if (wait > 0) {
                    selector.select(Math.max(1, wait / 1_000_000));
                } else {
                    selector.selectNow();
                }
                Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
                while (keys.hasNext()) {
                    SelectionKey key = keys.next();
                    keys.remove();
                    serve(key);
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// Sends every piece that is due; says how long it is until the next.
    private long pace() throws IOException {
        long now = System.nanoTime();
        while (true) {
            Stream stream = streams.peek();
            if (stream == null) {
                return Long.MAX_VALUE;
            }
            if (stream.due > now) {
                return stream.due - now;
            }
            streams.poll();
            if (!stream.connection.key.isValid()) {
                continue;
            }
            byte[][] all = stream.counted ? countedPieces : pieces;
            if (stream.sent < all.length) {
                stream.connection.write(all[stream.sent++]);
                stream.due += paceNanos;
                streams.add(stream);
            } else {
                stream.connection.write(stream.counted ? countedEnd : end);
            }
        }
    }

    private void serve(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            SocketChannel channel = server.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                SelectionKey own = channel.register(selector, SelectionKey.OP_READ);
                own.attach(new Connection(channel, own));
            }
            return;
        }
        Connection connection = (Connection) key.attachment();
        try {
            if (key.isWritable()) {
                connection.flush();
            }
            if (key.isReadable()) {
                read(connection);
            }
        } catch (IOException e) {
            connection.close();
        }
    }

    private void read(Connection connection) throws IOException {
        input.clear();
        int count = connection.channel.read(input);
        if (count < 0) {
            connection.close();
            return;
        }
        input.flip();
        while (input.hasRemaining()) {
            if (connection.take(input)) {
                answer(connection);
            }
        }
    }

    private void answer(Connection connection) throws IOException {
        if (connection.request.streamed) {
            if (connection.request.paced) {
                streams.add(new Stream(connection, connection.request.counted));
            } else {
                connection.write(wholeStream);
            }
        } else {
            connection.write(whole);
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        selector.wakeup();
        server.close();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        selector.close();
    }

    private static final class Stream implements Comparable<Stream> {
        final Connection connection;
        final boolean counted;
        long due = System.nanoTime();
        int sent;

        Stream(Connection connection, boolean counted) {
            this.connection = connection;
            this.counted = counted;
        }

        @Override
        public int compareTo(Stream other) {
            return Long.compare(due, other.due);
        }
    }

    private static final class Connection {
        final SocketChannel channel;
        final SelectionKey key;
        final HttpRequestScan request = new HttpRequestScan();
        private @Nullable ByteBuffer waiting;

        Connection(SocketChannel channel, SelectionKey key) {
            this.channel = channel;
            this.key = key;
        }

        boolean take(ByteBuffer bytes) {
            return request.take(bytes);
        }

        void write(byte[] bytes) throws IOException {
            if (!key.isValid()) {
                return;
            }
            if (waiting != null) {
                ByteBuffer more = ByteBuffer.allocate(waiting.remaining() + bytes.length);
                more.put(waiting).put(bytes).flip();
                waiting = more;
                return;
            }
            ByteBuffer out = ByteBuffer.wrap(bytes);
            try {
                channel.write(out);
            } catch (IOException e) {
                close();
                return;
            }
            if (out.hasRemaining()) {
                waiting = out;
                key.interestOpsOr(SelectionKey.OP_WRITE);
            }
        }

        void flush() throws IOException {
            if (waiting != null) {
                channel.write(waiting);
                if (!waiting.hasRemaining()) {
                    waiting = null;
                    key.interestOpsAnd(~SelectionKey.OP_WRITE);
                }
            }
        }

        void close() throws IOException {
            key.cancel();
            channel.close();
        }
    }
}
