package mooring.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Very large bodies, all at once: what they take of memory, and of the time of everybody else.
@Command(
        name = "uploads",
        mixinStandardHelpOptions = true,
        description = "200 uploads of 32 MiB at once: memory, and small requests beside them")
final class Uploads extends Measurement {

    private static final int BAR_UPLOADS = 200;
    private static final int BAR_MIB = 32;
    private static final int MAX_RSS_MB = 600;
    private static final double MAX_SLOWDOWN = 2;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int READ_MILLIS = 60_000;
    private static final int PART_BYTES = 64 * 1024;
    private static final int WARM = 300;

    @Option(names = "--uploads", description = "how many (default: ${DEFAULT-VALUE})")
    private int uploads = BAR_UPLOADS;

    @Option(names = "--mib", description = "size of each (default: ${DEFAULT-VALUE})")
    private int mib = BAR_MIB;

    @Option(names = "--small", description = "small requests alone (default: ${DEFAULT-VALUE})")
    private int small = 1_000;

    @Override
    boolean fullSize() {
        return uploads >= BAR_UPLOADS && mib >= BAR_MIB;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Report report = new Report("%d uploads of %d MiB at once".formatted(uploads, mib));
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        ServerInstance server =
                ServerInstance.start(
                        bench, bench.folder().resolve("data"), offer.catalog(), offer.prices());
        Operator.Customer customer = server.operator().createCustomer("Uploader", "1000");
        ChatClient client = new ChatClient(server.baseUrl(), Duration.ofSeconds(60));
        Report.Tally answered = report.tally("small requests are answered");
        for (int i = 0; i < WARM; i++) {
            ask(client, customer, "w" + i, answered);
        }
        double[] alone = new double[small];
        for (int i = 0; i < small; i++) {
            alone[i] = ask(client, customer, "a" + i, answered);
        }
        List<Double> beside = new ArrayList<>();
        AtomicLong rss = new AtomicLong(residentMb(server.pid()));
        long before = rss.get();
        Report.Tally told = report.tally("each upload gets an honest answer");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch left = new CountDownLatch(uploads);
            AtomicBoolean over = new AtomicBoolean();
            Future<?> watch =
                    threads.submit(
                            () -> {
                                while (!over.get()) {
                                    rss.accumulateAndGet(residentMb(server.pid()), Math::max);
                                    Thread.sleep(20);
                                }
                                return null;
                            });
            List<Future<Integer>> statuses = new ArrayList<>();
            for (int i = 0; i < uploads; i++) {
                statuses.add(
                        threads.submit(
                                () -> {
                                    try {
                                        return upload(server, customer);
                                    } finally {
                                        left.countDown();
                                    }
                                }));
            }
            long until = System.nanoTime() + PATIENCE.toNanos();
            for (int i = 0; left.getCount() > 0 && System.nanoTime() < until; i++) {
                beside.add(ask(client, customer, "b" + i, answered));
            }
            int read = 0;
            for (Future<Integer> status : statuses) {
                int got = Load.result(status);
                // Over the model's window, or no room for it: nothing else is true here.
                told.expect(got == 400 || got == 429, "status " + got);
                read += got == 400 ? 1 : 0;
            }
            report.note("read to their end; the others were told that there is no room", read + "");
            over.set(true);
            Load.result(watch);
        }
        server.stop();
        finish(report, alone, beside, before, rss.get());
        return report;
    }

    private static void finish(
            Report report, double[] alone, List<Double> beside, long before, long peak) {
        double[] during = beside.stream().mapToDouble(Double::doubleValue).toArray();
        double first = percentile(alone, 0.99);
        double second = percentile(during, 0.99);
        report.note("resident before", before + " MB");
        report.timedLine(
                "resident at most", peak + " MB", "<= " + MAX_RSS_MB + " MB", peak <= MAX_RSS_MB);
        report.note("small requests alone, p99", millis(first));
        report.note("small requests beside them, p99 of " + during.length, millis(second));
        report.timedLine(
                "slower by",
                Machine.decimal(second / first, 2) + " x",
                "<= " + Machine.decimal(MAX_SLOWDOWN, 0) + " x",
                second <= MAX_SLOWDOWN * first);
        report.headline(
                "%d MB at most, small requests p99 %s x alone"
                        .formatted(peak, Machine.decimal(second / first, 2)));
    }

    private double ask(
            ChatClient client, Operator.Customer customer, String label, Report.Tally answered) {
        Order order =
                Order.of(
                        "uploads-" + label,
                        0,
                        Simulator.MODEL,
                        "hi",
                        false,
                        1,
                        new Order.Script(2, 0, 0),
                        new Leave.Never());
        long start = System.nanoTime();
        Got got = Got.of(order, client.ask(customer.key(), label, order.body(), order.leave()));
        double took = Machine.secondsSince(start);
        answered.expect(got.delivered(), got.toString());
        return took;
    }

    /// Sends one body, piece by piece, and returns the status that it got.
    private int upload(ServerInstance server, Operator.Customer customer) throws IOException {
        String before =
                "{\"model\": \""
                        + Simulator.MODEL
                        + "\", \"messages\": [{\"role\": \"user\", \"content\": \"";
        String behind = "\"}]}";
        long filling = mib * 1024L * 1024 - before.length() - behind.length();
        byte[] part = new byte[PART_BYTES];
        Arrays.fill(part, (byte) 'w');
        try (Socket socket = new Socket(server.baseUrl().getHost(), server.baseUrl().getPort())) {
            socket.setSoTimeout(READ_MILLIS);
            OutputStream out = socket.getOutputStream();
            out.write(
                    ascii(
                            "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\n"
                                    + "content-type: application/json\r\nauthorization: Bearer "
                                    + customer.key()
                                    + "\r\ncontent-length: "
                                    + mib * 1024L * 1024
                                    + "\r\n\r\n"
                                    + before));
            for (long sent = 0; sent < filling; sent += PART_BYTES) {
                out.write(part, 0, (int) Math.min(PART_BYTES, filling - sent));
            }
            out.write(ascii(behind));
            InputStream in = socket.getInputStream();
            String head = new String(in.readNBytes(12), StandardCharsets.US_ASCII);
            return head.length() == 12 ? Integer.parseInt(head.substring(9)) : 0;
        } catch (IOException e) {
            // Cut off while it was sending: no answer that anybody could read.
            return 0;
        }
    }

    private static long residentMb(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
            }
        }
        return 0;
    }

    private static double percentile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted.length == 0
                ? Double.NaN
                : sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))];
    }

    private static String millis(double seconds) {
        return Machine.decimal(seconds * 1_000, 2) + " ms";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
