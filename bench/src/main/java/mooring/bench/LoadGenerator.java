package mooring.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Many requests over kept connections from one thread, which checks every answer.
///
/// Closed: each connection asks again at once. Open: requests are due at a constant rate, and what
/// they wait for a free connection counts, so that a server that falls behind cannot hide it.
final class LoadGenerator implements AutoCloseable {

    private static final int READ_BYTES = 256 * 1024;
    private static final long ANSWER_NANOS = 60_000_000_000L;
    private static final int MAX_EXAMPLES = 3;

    private final Selector selector = Selector.open();
    private final List<Connection> connections = new ArrayList<>();
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final ByteBuffer input = ByteBuffer.allocateDirect(READ_BYTES);
    private final List<ByteBuffer> requests;
    private final AnswerCheck check;
    private int next;
    private Result result = new Result();
    private boolean counting;

    /// @param requests taken in turn
    LoadGenerator(URI url, int connections, List<byte[]> requests, AnswerCheck check)
            throws IOException {
        this.check = check;
        this.requests = new ArrayList<>();
        for (byte[] request : requests) {
            this.requests.add(ByteBuffer.allocateDirect(request.length).put(request).flip());
        }
        for (int i = 0; i < connections; i++) {
            Connection connection = new Connection(url);
            this.connections.add(connection);
            idle.add(connection);
        }
    }

    /// What happened while it counted.
    static final class Result {
        final LatencyCounts latency = new LatencyCounts();
        final LatencyCounts first = new LatencyCounts();
        final LatencyCounts gap = new LatencyCounts();
        final List<String> examples = new ArrayList<>();
        long answers;
        long chunks;
        long broken;
        double seconds;

        double rate() {
            return answers / seconds;
        }
    }

    /// Each connection asks as soon as it has its answer.
    Result closed(double seconds) throws IOException {
        return run(seconds, 0);
    }

    Result open(double seconds, double rate) throws IOException {
        return run(seconds, rate);
    }

    private Result run(double seconds, double rate) throws IOException {
        result = new Result();
        counting = true;
        long start = System.nanoTime();
        long until = start + (long) (seconds * 1e9);
        double interval = rate == 0 ? 0 : 1e9 / rate;
        long sent = 0;
        long now = start;
        while (now < until) {
            now = System.nanoTime();
            if (rate == 0) {
                while (!idle.isEmpty()) {
                    idle.poll().ask(now);
                }
                selector.select(10);
            } else {
                long due = start + (long) (sent * interval);
                while (due <= now && !idle.isEmpty()) {
                    idle.poll().ask(due);
                    sent++;
                    due = start + (long) (sent * interval);
                }
                // Due requests may wait for a connection only; then an answer wakes us.
                if (idle.isEmpty() || due - now >= 1_000_000) {
                    selector.select(idle.isEmpty() ? 1 : (due - now) / 1_000_000);
                } else {
                    selector.selectNow();
                    if (selector.selectedKeys().isEmpty() && due > System.nanoTime()) {
                        java.util.concurrent.locks.LockSupport.parkNanos(
                                Math.min(due - System.nanoTime(), 100_000));
                    }
                }
            }
            read();
        }
        result.seconds = (System.nanoTime() - start) / 1e9;
        long deadline = System.nanoTime() + ANSWER_NANOS;
        // The last answers count as answers, not as time.
        while (idle.size() < connections.size()) {
            if (System.nanoTime() > deadline) {
                broken("answers still open after a minute: " + (connections.size() - idle.size()));
                break;
            }
            selector.select(10);
            read();
        }
        counting = false;
        return result;
    }

    private void read() throws IOException {
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
            SelectionKey key = keys.next();
            keys.remove();
            Connection connection = (Connection) key.attachment();
            if (key.isWritable()) {
                connection.send();
            }
            if (key.isReadable()) {
                connection.read();
            }
        }
    }

    private void broken(String why) {
        result.broken++;
        if (result.examples.size() < MAX_EXAMPLES) {
            result.examples.add(why);
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    private final class Connection {
        private final URI url;
        private final AnswerScan answer = new AnswerScan();
        private SocketChannel channel;
        private SelectionKey key;
        private @Nullable ByteBuffer out;
        private long due;
        private long last;

        Connection(URI url) throws IOException {
            this.url = url;
            this.channel = SocketChannel.open(new InetSocketAddress(url.getHost(), url.getPort()));
            this.key = register();
        }

        private SelectionKey register() throws IOException {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey own = channel.register(selector, SelectionKey.OP_READ);
            own.attach(this);
            return own;
        }

        void ask(long dueNanos) throws IOException {
            due = dueNanos;
            last = 0;
            answer.begin();
            out = requests.get(next).duplicate();
            next = (next + 1) % requests.size();
            send();
        }

        void send() throws IOException {
            ByteBuffer bytes = out;
            if (bytes != null) {
                channel.write(bytes);
                if (bytes.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                } else {
                    out = null;
                    key.interestOps(SelectionKey.OP_READ);
                }
            }
        }

        void read() throws IOException {
            input.clear();
            int count;
            try {
                count = channel.read(input);
            } catch (IOException e) {
                count = -1;
            }
            if (count < 0) {
                broken("closed before its end: " + answer.text());
                channel.close();
                channel = SocketChannel.open(new InetSocketAddress(url.getHost(), url.getPort()));
                key = register();
                idle.add(this);
                return;
            }
            long now = System.nanoTime();
            boolean began = answer.bodyBegun();
            answer.take(input.flip());
            if (answer.bodyBegun()) {
                if (!began) {
                    result.first.add(now - due);
                } else {
                    result.gap.add(now - last);
                }
                last = now;
            }
            if (answer.ended()) {
                if (counting) {
                    result.answers++;
                    result.chunks += answer.events();
                    result.latency.add(now - due);
                    String why = check.wrong(answer);
                    if (why != null) {
                        broken(why);
                    }
                }
                idle.add(this);
            }
        }
    }
}
