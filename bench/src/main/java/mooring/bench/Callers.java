package mooring.bench;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Clients that ask again once they have their answer, and never ask twice for the same one: some
/// on connections that they keep until an answer says that it is the last, some on a new connection
/// each time, some read streams at their pace.
final class Callers implements AutoCloseable {

    private static final int MAX_PAUSE_MILLIS = 50;
    private static final int MAX_TOKENS = 40;
    private static final int STREAM_TOKENS = 60;
    private static final double STREAM_PACE = 20;

    /// How many there are of each kind.
    record Counts(int keeping, int fresh, int streams) {}

    private enum Kind {
        KEEPING,
        FRESH,
        STREAM
    }

    private final ChatClient client;
    private final List<Operator.Customer> customers;
    private final String name;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();
    private final Collection<Got> all = new ConcurrentLinkedQueue<>();
    private final AtomicLong streams = new AtomicLong();
    private final AtomicLong reused = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private volatile boolean enough;

    /// @param name of this run, the beginning of each label
    Callers(ChatClient client, List<Operator.Customer> customers, String name, Counts counts) {
        this.client = client;
        this.customers = customers;
        this.name = name;
        add(Kind.KEEPING, counts.keeping());
        add(Kind.FRESH, counts.fresh());
        add(Kind.STREAM, counts.streams());
    }

    private void add(Kind kind, int count) {
        for (int i = 0; i < count; i++) {
            int number = running.size();
            running.add(threads.submit(() -> call(kind, number)));
        }
    }

    int answers() {
        return all.size();
    }

    long streams() {
        return streams.get();
    }

    /// Requests over a connection that had carried one before.
    long reused() {
        return reused.get();
    }

    /// The longest that anybody waited for a whole answer that was no stream.
    double longestSeconds() {
        return longestNanos.get() / 1e9;
    }

    /// Lets each finish what it asked for; then what all of them got.
    List<Got> finish() {
        enough = true;
        running.forEach(Load::result);
        return List.copyOf(all);
    }

    private void call(Kind kind, int number) {
        Random random = new Random(number);
        Socket kept = null;
        for (int i = 0; !enough; i++) {
            Order order = order(kind, name + "-" + number + "-" + i, random);
            String key = customers.get(order.customer()).key();
            long start = System.nanoTime();
            Answer answer;
            if (kept == null) {
                try {
                    kept = client.connect();
                } catch (IOException e) {
                    answer = new Answer();
                    answer.trouble = "connecting: " + e;
                    all.add(Got.of(order, answer));
                    continue;
                }
            } else {
                reused.incrementAndGet();
            }
            answer = client.ask(kept, key, order.label(), order.body());
            all.add(Got.of(order, answer));
            if (kind == Kind.STREAM) {
                streams.incrementAndGet();
            } else {
                longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
            }
            if (kind == Kind.FRESH || answer.lastOfConnection || !answer.delivered()) {
                close(kept);
                kept = null;
            }
            LockSupport.parkNanos(random.nextInt(MAX_PAUSE_MILLIS) * 1_000_000L);
        }
        close(kept);
    }

    private Order order(Kind kind, String label, Random random) {
        boolean stream = kind == Kind.STREAM;
        return Order.of(
                label,
                random.nextInt(customers.size()),
                Simulator.MODEL,
                Words.of(random, 1 + random.nextInt(MAX_TOKENS)),
                stream,
                1,
                stream
                        ? new Order.Script(STREAM_TOKENS, 0, STREAM_PACE)
                        : new Order.Script(1 + random.nextInt(MAX_TOKENS), 0, 0),
                new Leave.Never());
    }

    private static void close(@Nullable Socket socket) {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException _) {
                // Nobody reads from it any more.
            }
        }
    }

    @Override
    public void close() {
        enough = true;
        threads.close();
    }
}
