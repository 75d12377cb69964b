package mooring.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import mooring.bench.SideBySide.Way;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Half an hour of callers as they are: who read to the end, who leave midway, who hardly read, who
/// send a megabyte. Memory must stay as it is, and nothing may be left over.
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description =
                "30 min of streams, aborts, slow readers and 1 MB bodies: heap and memory flat")
final class Soak extends Measurement {

    private static final int BAR_SECONDS = 1_800;
    private static final int TOKENS = 100;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BODY_BYTES = 1 << 20;
    private static final int MAX_PIECES = 80;
    private static final int SLOW_READ_BYTES = 64;
    private static final int SLOW_READ_MILLIS = 200;
    private static final int SLOW_SECONDS = 20;
    private static final int RATE_CONNECTIONS = 64;
    private static final double MAX_RSS_GROWTH_MIB = 30;
    private static final double MAX_HEAP_GROWTH_MIB = 10;

    /// Looks at the live heap, each after a full collection; the first third of them is warm-up.
    private static final int LOOKS = 9;

    @Option(names = "--seconds", description = "how long (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Option(names = "--callers", description = "of each kind at once (default: ${DEFAULT-VALUE})")
    private int callers = 16;

    @Option(names = "--rate", description = "whole answers a second (default: ${DEFAULT-VALUE})")
    private int rate = 300;

    private final AtomicLong aborted = new AtomicLong();
    private final AtomicLong slow = new AtomicLong();
    private final AtomicLong streamed = new AtomicLong();
    private final AtomicLong large = new AtomicLong();

    @Override
    boolean fullSize() {
        return seconds >= BAR_SECONDS && callers >= 16 && rate >= 300;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Report report =
                new Report(
                        ("%d s; %d streams, %d that leave midway, %d slow readers, %d with bodies of"
                                        + " 1 MiB at once, and %d requests/s")
                                .formatted(seconds, callers, callers, callers, callers, rate));
        Report.Tally right = report.tally("every answer that was read to its end is whole");
        try (SideBySide sides = new SideBySide(bench, 50, TOKENS, PACE, false, null);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Way way = sides.way(SideBySide.MOORING);
            long until = System.nanoTime() + seconds * 1_000_000_000L;
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                int number = i;
                running.add(threads.submit(() -> streams(way, number, until, right)));
                running.add(threads.submit(() -> aborts(way, number, until)));
                running.add(threads.submit(() -> readsSlowly(way, number, until)));
                running.add(threads.submit(() -> sendsMuch(way, number, until, right)));
            }
            Future<LoadGenerator.Result> whole = threads.submit(() -> asks(way));
            List<Double> heap = new ArrayList<>();
            List<Double> memory = new ArrayList<>();
            watch(bench, sides.server(), until, heap, memory);
            running.forEach(Load::result);
            LoadGenerator.Result asked = Load.result(whole);
            right.expect(asked.broken == 0, "requests: " + asked.broken + ": " + asked.examples);
            finish(report, sides.server(), asked, heap, memory);
            sides.server().stop();
        }
        return report;
    }

    private LoadGenerator.Result asks(Way way) throws IOException {
        try (LoadGenerator load =
                new LoadGenerator(
                        way.url(),
                        RATE_CONNECTIONS,
                        way.requests(GatewayCost.WHOLE),
                        AnswerCheck.whole())) {
            return load.open(seconds, rate);
        }
    }

    private void streams(Way way, int number, long until, Report.Tally right) {
        ChatClient client = new ChatClient(way.url(), PATIENCE);
        for (int i = 0; System.nanoTime() < until; i++) {
            Answer answer = ask(client, way, number, "soak-stream-" + number + "-" + i, false);
            expect(right, answer);
            streamed.incrementAndGet();
        }
    }

    private void aborts(Way way, int number, long until) {
        ChatClient client = new ChatClient(way.url(), PATIENCE);
        Random random = new Random(number);
        for (int i = 0; System.nanoTime() < until; i++) {
            client.ask(
                    key(way, number),
                    "soak-abort-" + number + "-" + i,
                    GatewayCost.STREAM,
                    new Leave.AfterPieces(random.nextInt(MAX_PIECES), random.nextBoolean()));
            aborted.incrementAndGet();
        }
    }

    /// Takes a few bytes a second of a stream, and leaves before its end.
    private Void readsSlowly(Way way, int number, long until)
            throws IOException, InterruptedException {
        byte[] request = way.requests(GatewayCost.STREAM).get(number % way.keys().size());
        byte[] some = new byte[SLOW_READ_BYTES];
        while (System.nanoTime() < until) {
            try (Socket socket = open(way.url())) {
                socket.getOutputStream().write(request);
                InputStream in = socket.getInputStream();
                long enough = System.nanoTime() + SLOW_SECONDS * 1_000_000_000L;
                while (System.nanoTime() < Math.min(enough, until) && in.read(some) > 0) {
                    Thread.sleep(SLOW_READ_MILLIS);
                }
            }
            slow.incrementAndGet();
        }
        return null;
    }

    private static Socket open(URI url) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(new java.net.InetSocketAddress(url.getHost(), url.getPort()));
        return socket;
    }

    private void sendsMuch(Way way, int number, long until, Report.Tally right) {
        ChatClient client = new ChatClient(way.url(), PATIENCE);
        for (int i = 0; System.nanoTime() < until; i++) {
            Answer answer = ask(client, way, number, "soak-large-" + number + "-" + i, true);
            expect(right, answer);
            large.incrementAndGet();
        }
    }

    private static Answer ask(ChatClient client, Way way, int number, String label, boolean much) {
        String body =
                much
                        ? GatewayCost.STREAM.replace(
                                "paced", "paced " + "word ".repeat(BODY_BYTES / 5))
                        : GatewayCost.STREAM;
        return client.ask(key(way, number), label, body, new Leave.Never());
    }

    private static void expect(Report.Tally right, Answer answer) {
        synchronized (right) {
            right.expect(answer.delivered(), answer.status + " " + answer.trouble);
        }
    }

    private static String key(Way way, int number) {
        return way.keys().get(number % way.keys().size());
    }

    private void watch(
            Workbench bench,
            ServerInstance server,
            long until,
            List<Double> heap,
            List<Double> memory)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        long between = (until - begun) / (LOOKS + 1);
        for (int look = 1; look <= LOOKS; look++) {
            while (System.nanoTime() < begun + look * between) {
                memory.add(Processor.residentMebibytes(server.pid()));
                Thread.sleep(Math.clamp(between / 10_000_000, 10, 1_000));
            }
            heap.add(server.liveHeapMebibytes(bench));
            bench.say(
                    "heap %.1f MiB, resident %.0f MiB".formatted(heap.getLast(), memory.getLast()));
        }
    }

    private void finish(
            Report report,
            ServerInstance server,
            LoadGenerator.Result asked,
            List<Double> heap,
            List<Double> memory)
            throws IOException, InterruptedException {
        double holds = server.metric("mooring_holds_open");
        double places = server.metric("mooring_replica_requests");
        long patience = System.nanoTime() + PATIENCE.toNanos();
        while (holds + places > 0 && System.nanoTime() < patience) {
            Thread.sleep(100);
            holds = server.metric("mooring_holds_open");
            places = server.metric("mooring_replica_requests");
        }
        double rss = ManyStreams.growth(memory);
        double live = ManyStreams.growth(heap);
        line(
                report,
                "live heap, mean of the last third over the middle one",
                live,
                MAX_HEAP_GROWTH_MIB);
        line(report, "resident, the same", rss, MAX_RSS_GROWTH_MIB);
        report.line(
                "holds and places left over",
                Machine.decimal(holds + places, 0),
                "0",
                holds + places == 0);
        report.note("resident at most, MiB", Machine.decimal(most(memory), 0));
        report.note("live heap at most, MiB", Machine.decimal(most(heap), 1));
        report.note(
                "answers",
                "%d whole, %d streams, %d left midway, %d read slowly, %d to 1 MiB"
                        .formatted(
                                asked.answers,
                                streamed.get(),
                                aborted.get(),
                                slow.get(),
                                large.get()));
        report.headline(
                "%d s: live heap %+.1f MiB, resident %+.1f MiB, %.0f MiB at most"
                        .formatted(seconds, live, rss, most(memory)));
    }

    private static double most(List<Double> values) {
        return Machine.max(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static void line(Report report, String what, double found, double bar) {
        report.timedLine(
                what,
                Machine.decimal(found, 1) + " MiB",
                "≤ " + Machine.decimal(bar, 0) + " MiB",
                found <= bar);
    }
}
