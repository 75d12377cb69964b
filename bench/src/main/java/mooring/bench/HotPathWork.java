package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import mooring.bench.Payers.Payer;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerVerifier.Check;
import mooring.ledger.lease.LeaseTimings;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import mooring.sql.Database;
import mooring.sql.EmbeddedPostgres;

/// What every paid request does to money, without HTTP, in a process of its own beside the server's
/// jar: hold, admission's record, final record, booking. Says in one line of JSON what that took.
final class HotPathWork {

    private static final String DATABASE = "hotpath";
    private static final int CONNECTIONS = 8;
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// As many as the server has event loops on two cores.
    private static final int GENERATORS = 2;

    /// Requests between two looks at the processor's clock, so that looking costs next to nothing.
    private static final int CHUNK = 32;

    /// Written down, and not yet booked: beyond it the generators wait for the drain.
    private static final long MAX_BEHIND = 20_000;

    /// Of one generator, for the store to lease them money: about as many as the server has under
    /// way. A wallet takes 1,000 waiting requests in all and refuses the rest.
    private static final int MAX_WAITING = 300;

    private static final long PACED_NANOS = 500_000;
    private static final int WARM_WALLETS = 1_000;

    /// Nothing is to be done after a sync here but to take its time.
    private static final Executor DIRECT = Runnable::run;

    private static final int SYNCS = 300;
    private static final int RECORD_BYTES = 256;

    private final Payers work;
    private final WorkNode node;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong unavailable = new AtomicLong();
    private final AtomicLong waited = new AtomicLong();

    private HotPathWork(Database database, Path folder) {
        this.work = new Payers(database);
        this.node = new WorkNode(work, folder, "node-a", LeaseTimings.DEFAULT);
    }

    /// @param arguments `FOLDER WALLETS SECONDS`
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path home = folder.resolve("postgres");
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(home, home.resolve("binaries"), START)) {
            postgres.ensureDatabase(DATABASE);
            try (Database database =
                    Database.open(
                            postgres.jdbcUrl(DATABASE),
                            postgres.user(),
                            postgres.password(),
                            CONNECTIONS)) {
                database.migrate();
                HotPathWork work = new HotPathWork(database, folder.resolve("journal"));
                System.out.println(
                        work.run(
                                folder,
                                Integer.parseInt(arguments[1]),
                                Integer.parseInt(arguments[2])));
            }
        }
    }

    private ObjectNode run(Path folder, int wallets, int seconds) throws Exception {
        int spare = Math.max(10, wallets / 5);
        List<Payer> payers = work.make(wallets, "8000");
        List<Payer> warmUp = work.make(spare, "8000");
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.set("control", control(folder.resolve("control")));
        // The JIT has to see enough of it before a figure counts.
        sustained(warmUp.subList(0, 1), Math.max(1, seconds / 2));
        paced(warmUp.size() - 1, i -> warmUp.get(i + 1));
        found.set("cold", paced(payers.size(), payers::get));
        List<Payer> few = payers.subList(0, Math.min(WARM_WALLETS, payers.size()));
        Random random = new Random(1);
        int count = (int) (seconds * 1_000_000_000L / PACED_NANOS / 2);
        // Leases follow the spend of the last seconds, so these have to pass first.
        paced(count, _ -> few.get(random.nextInt(few.size())));
        found.set("warm", paced(count, _ -> few.get(random.nextInt(few.size()))));
        found.set("many", sustained(payers, seconds));
        found.set("one", sustained(payers.subList(0, 1), seconds));
        node.leave();
        found.put("sent", sent.get());
        found.put("refused", refused.get());
        found.put("unavailable", unavailable.get());
        found.put("booked", node.booked.sum());
        found.put("unsettled", node.unsettled.sum());
        found.put(
                "violations",
                new PostgresLedgerVerifier(work.database.jdbi(), work.clock)
                        .verify().checks().stream().mapToLong(Check::violations).sum());
        return found;
    }

    // As fast as it goes ---------------------------------------------------------------------

    /// Processor's time by part, of one generator.
    private static final class Parts {
        long leases;
        long journal;
        long made;
    }

    private ObjectNode sustained(List<Payer> payers, int seconds) throws Exception {
        node.awaitBooked();
        long settledBefore = sent.get();
        long bookedBefore = node.booked.sum();
        long waitedBefore = waited.get();
        Costs before = Costs.now();
        long start = System.nanoTime();
        long until = start + seconds * 1_000_000_000L;
        Parts all = new Parts();
        long generators = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(GENERATORS)) {
            List<Future<Parts>> futures = new ArrayList<>();
            List<AtomicLong> own = new ArrayList<>();
            for (int i = 0; i < GENERATORS; i++) {
                Random random = new Random(i);
                AtomicLong cpu = new AtomicLong();
                own.add(cpu);
                futures.add(threads.submit(() -> generate(payers, random, until, cpu)));
            }
            for (Future<Parts> future : futures) {
                Parts parts = future.get();
                all.leases += parts.leases;
                all.journal += parts.journal;
                all.made += parts.made;
            }
            generators = own.stream().mapToLong(AtomicLong::get).sum();
        }
        // Its last charges have to be booked within the time that counts.
        node.awaitBooked();
        double took = Machine.secondsSince(start);
        Costs after = Costs.now();
        long booked = node.booked.sum() - bookedBefore;
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.put("sent", sent.get() - settledBefore);
        found.put("booked", booked);
        found.put("rate", booked / took);
        found.put("waited", (double) (waited.get() - waitedBefore) / booked);
        double threads = after.threads() - before.threads();
        double rest = after.process() - before.process() - threads - generators / 1e9;
        put(found, "leasesMicros", all.leases / 1e9 + after.leases() - before.leases(), booked);
        put(found, "appendMicros", all.journal / 1e9, booked);
        put(found, "syncMicros", after.sync() - before.sync(), booked);
        put(found, "drainMicros", after.drain() - before.drain(), booked);
        put(found, "postgresMicros", after.postgres() - before.postgres(), booked);
        put(found, "restMicros", rest, booked);
        put(found, "makingMicros", all.made / 1e9, booked);
        return found;
    }

    private static void put(ObjectNode found, String name, double seconds, long requests) {
        found.put(name, seconds * 1e6 / requests);
    }

    /// Seconds of the processor's time so far.
    private record Costs(
            double process, double leases, double sync, double drain, double postgres) {

        static Costs now() throws IOException {
            return new Costs(
                    Processor.seconds(),
                    Processor.nanosOf("leases") / 1e9,
                    Processor.nanosOf("journal-") / 1e9,
                    Processor.nanosOf("drain") / 1e9,
                    Processor.childrenSeconds());
        }

        double threads() {
            return leases + sync + drain;
        }
    }

    /// A request whose money is set aside.
    private record Ready(Payer payer, Usage usage, Hold hold) {}

    private Parts generate(List<Payer> payers, Random random, long until, AtomicLong cpu) {
        Parts parts = new Parts();
        Payer[] who = new Payer[CHUNK];
        Usage[] usage = new Usage[CHUNK];
        Money[] most = new Money[CHUNK];
        RequestId[] ids = new RequestId[CHUNK];
        HoldDecision[] decisions = new HoldDecision[CHUNK];
        Queue<Ready> late = new ConcurrentLinkedQueue<>();
        AtomicInteger waiting = new AtomicInteger();
        long begin = Processor.ownNanos();
        while (System.nanoTime() < until || waiting.get() > 0 || !late.isEmpty()) {
            boolean more = System.nanoTime() < until;
            while (sent.get() - node.booked.sum() > MAX_BEHIND
                    || (late.isEmpty() && waiting.get() > (more ? MAX_WAITING : 0))) {
                LockSupport.parkNanos(200_000);
            }
            long at = Processor.ownNanos();
            int count = more && waiting.get() <= MAX_WAITING ? CHUNK : 0;
            for (int i = 0; i < count; i++) {
                who[i] = payers.get(random.nextInt(payers.size()));
                usage[i] = usage(random);
                most[i] = most(usage[i]);
                ids[i] = work.ids.nextRequest();
            }
            at = add(at, taken -> parts.made += taken);
            for (int i = 0; i < count; i++) {
                decisions[i] =
                        node.leases.place(ids[i], who[i].principal().wallet(), List.of(), most[i]);
            }
            at = add(at, taken -> parts.leases += taken);
            List<Ready> ready = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Payer payer = who[i];
                Usage its = usage[i];
                if (decisions[i] instanceof HoldDecision.Waiting(var later)) {
                    waited.incrementAndGet();
                    waiting.incrementAndGet();
                    var _ =
                            later.thenAccept(
                                    decision -> {
                                        ready(late, payer, its, decision);
                                        waiting.decrementAndGet();
                                    });
                } else {
                    ready(ready, payer, its, decisions[i]);
                }
            }
            for (Ready each = late.poll(); each != null; each = late.poll()) {
                ready.add(each);
            }
            at = add(at, taken -> parts.made += taken);
            end(ready, at, parts);
            sent.addAndGet(ready.size());
        }
        cpu.set(Processor.ownNanos() - begin);
        return parts;
    }

    private void ready(Collection<Ready> to, Payer payer, Usage usage, HoldDecision decision) {
        if (decision instanceof HoldDecision.Granted(Hold hold)) {
            to.add(new Ready(payer, usage, hold));
        } else {
            notGranted(decision);
        }
    }

    private void notGranted(HoldDecision decision) {
        if (decision instanceof HoldDecision.Unavailable) {
            unavailable.incrementAndGet();
        } else {
            refused.incrementAndGet();
        }
    }

    /// Writes down that they were admitted and how they ended.
    private void end(List<Ready> ready, long since, Parts parts) {
        List<Acceptance> accepted = new ArrayList<>(ready.size());
        List<Metered> open = new ArrayList<>(ready.size());
        List<UsageRecord> records = new ArrayList<>(ready.size());
        for (Ready each : ready) {
            accepted.add(work.accepted(each.payer(), each.hold(), node.epoch));
        }
        long at = add(since, taken -> parts.made += taken);
        for (Acceptance each : accepted) {
            Metered metered = node.meter.open(each);
            var _ = metered.durable(DIRECT);
            open.add(metered);
        }
        at = add(at, taken -> parts.journal += taken);
        for (int i = 0; i < ready.size(); i++) {
            records.add(work.finished(accepted.get(i), ready.get(i).usage()));
        }
        at = add(at, taken -> parts.made += taken);
        for (int i = 0; i < ready.size(); i++) {
            var _ = open.get(i).settle(records.get(i), DIRECT);
        }
        at = add(at, taken -> parts.journal += taken);
        for (UsageRecord record : records) {
            node.leases.charged(record.hold(), record.charge());
        }
        add(at, taken -> parts.leases += taken);
    }

    private static long add(long since, LongConsumer to) {
        long now = Processor.ownNanos();
        to.accept(now - since);
        return now;
    }

    private static Usage usage(Random random) {
        return new Usage(500 + random.nextInt(1_000), 300, 0, 0, 200, 0);
    }

    private static Money most(Usage usage) {
        return new Money(Math.multiplyExact(Payers.price(usage).nanos(), 3), Payers.CURRENCY);
    }

    // At a pace -----------------------------------------------------------------------------

    /// From the wish for a hold to the admission's record in the journal.
    private ObjectNode paced(int count, IntFunction<Payer> who) throws Exception {
        long[] admitted = new long[count];
        long[] durable = new long[count];
        CountDownLatch done = new CountDownLatch(count);
        Random random = new Random(2);
        try (ExecutorService loop = Executors.newSingleThreadExecutor()) {
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                int number = i;
                Payer payer = who.apply(i);
                Usage usage = usage(random);
                Money most = most(usage);
                RequestId id = work.ids.nextRequest();
                long due = start + i * PACED_NANOS;
                long begin = due;
                if (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                    // Waking late is the machine's doing, not the product's.
                    begin = Math.max(due, System.nanoTime());
                }
                long from = begin;
                HoldDecision decision =
                        node.leases.place(id, payer.principal().wallet(), List.of(), most);
                Request request = new Request(number, payer, usage, from, admitted, durable, done);
                if (decision instanceof HoldDecision.Waiting(var later)) {
                    var _ = later.thenAcceptAsync(each -> admit(request, each), loop);
                } else {
                    admit(request, decision);
                }
            }
            if (!done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(done.getCount() + " requests have no answer");
            }
        }
        node.awaitBooked();
        ObjectNode found = Json.MAPPER.createObjectNode();
        quantiles(found, "", admitted);
        quantiles(found, "durable", durable);
        return found;
    }

    /// Both arrays are shared by all requests: each writes its own place.
    @SuppressWarnings("ArrayRecordComponent")
    private record Request(
            int number,
            Payer payer,
            Usage usage,
            long from,
            long[] admitted,
            long[] durable,
            CountDownLatch done) {}

    private void admit(Request request, HoldDecision decision) {
        if (!(decision instanceof HoldDecision.Granted(Hold hold))) {
            notGranted(decision);
            request.done().countDown();
            return;
        }
        Acceptance accepted = work.accepted(request.payer(), hold, node.epoch);
        Metered metered = node.meter.open(accepted);
        request.admitted()[request.number()] = System.nanoTime() - request.from();
        var _ =
                metered.durable(DIRECT)
                        .thenRun(
                                () ->
                                        request.durable()[request.number()] =
                                                System.nanoTime() - request.from());
        UsageRecord record = work.finished(accepted, request.usage());
        var _ = metered.settle(record, DIRECT).whenComplete((_, _) -> request.done().countDown());
        node.leases.charged(hold, record.charge());
        sent.incrementAndGet();
    }

    private static void quantiles(ObjectNode found, String name, long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        found.put(name + "P50", sorted[sorted.length / 2] / 1e6);
        found.put(name + "P99", sorted[(int) (sorted.length * 0.99)] / 1e6);
        found.put(name + "Max", sorted[sorted.length - 1] / 1e6);
    }

    /// A plain file on the same disk: what a sync costs here at all.
    private static ObjectNode control(Path file) throws IOException {
        long[] nanos = new long[SYNCS];
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(SYNCS * RECORD_BYTES), 0);
            channel.force(true);
            for (int i = 0; i < SYNCS; i++) {
                channel.write(ByteBuffer.allocate(RECORD_BYTES), (long) i * RECORD_BYTES);
                long start = System.nanoTime();
                channel.force(false);
                nanos[i] = System.nanoTime() - start;
            }
        }
        ObjectNode found = Json.MAPPER.createObjectNode();
        quantiles(found, "", nanos);
        return found;
    }
}
