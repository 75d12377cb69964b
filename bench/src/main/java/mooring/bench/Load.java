package mooring.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/// Requests offered at a rate, whatever becomes of those before. For one thread.
final class Load implements AutoCloseable {

    private final ChatClient client;
    private final List<Operator.Customer> customers;
    private final long intervalNanos;
    private final IntFunction<Order> orders;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<Got>> running = new ArrayList<>();
    private final AtomicInteger delivered = new AtomicInteger();
    private final long start = System.nanoTime();
    private double seconds;

    Load(
            ChatClient client,
            List<Operator.Customer> customers,
            int rate,
            IntFunction<Order> orders) {
        this.client = client;
        this.customers = customers;
        this.intervalNanos = 1_000_000_000L / rate;
        this.orders = orders;
    }

    /// Offers requests for so long, counted from when so many answers were complete.
    ///
    /// @param patience how long to wait for that
    void run(long millis, int answers, Duration patience) {
        long until = System.nanoTime() + patience.toNanos() + millis * 1_000_000L;
        boolean warm = answers == 0;
        while (true) {
            if (!warm && delivered.get() >= answers) {
                warm = true;
                until = System.nanoTime() + millis * 1_000_000L;
            }
            long due = start + running.size() * intervalNanos;
            if (due >= until) {
                LockSupport.parkNanos(until - System.nanoTime());
                break;
            }
            LockSupport.parkNanos(due - System.nanoTime());
            send(orders.apply(running.size()));
        }
        seconds = Machine.secondsSince(start);
    }

    private void send(Order order) {
        String key = customers.get(order.customer()).key();
        running.add(
                threads.submit(
                        () -> {
                            Answer answer =
                                    client.ask(key, order.label(), order.body(), order.leave());
                            if (answer.delivered()) {
                                delivered.incrementAndGet();
                            }
                            return Got.of(order, answer);
                        }));
    }

    /// How long it has offered requests.
    double seconds() {
        return seconds;
    }

    /// What clients got, once the last has it.
    List<Got> finish() {
        return running.stream().map(Load::result).toList();
    }

    static <T> T result(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.close();
    }
}
