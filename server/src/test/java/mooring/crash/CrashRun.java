package mooring.crash;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.WalletId;
import org.slf4j.LoggerFactory;

/// Runs seeds one after the other, and says how to run one again.
public final class CrashRun {

    private static final List<String> QUIET =
            List.of("mooring.journal", "mooring.metering.journal", "mooring.ledger.lease");

    private static final long TELL_EVERY_NANOS = 10_000_000_000L;

    /// After so many failing seeds there is enough to look at.
    private static final int MAX_WRONG = 5;

    private CrashRun() {}

    /// A crash on each page of the log: what the parts say about it is of no use here.
    static void hush() {
        for (String name : QUIET) {
            if (LoggerFactory.getLogger(name) instanceof Logger logger) {
                logger.setLevel(Level.OFF);
            }
        }
    }

    /// Seeds from the first on; what it found comes out as one line of JSON, at the end.
    ///
    /// @param arguments `SEEDS REQUESTS FIRST [FAULT [FOLDER]]`; with a folder on PostgreSQL, which
    ///   it keeps there
    public static void main(String[] arguments) {
        int seeds = Integer.parseInt(arguments[0]);
        int requests = Integer.parseInt(arguments[1]);
        long first = Long.parseLong(arguments[2]);
        Fault fault = arguments.length > 3 ? Fault.valueOf(arguments[3]) : Fault.NONE;
        hush();
        if (arguments.length > 4) {
            onPostgres(seeds, requests, first, Path.of(arguments[4]));
            return;
        }
        long start = System.nanoTime();
        long told = start;
        long done = 0;
        long deaths = 0;
        int wrong = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            Simulation.Result result = run(seed, requests, fault);
            done += result.requests();
            deaths += result.deaths();
            if (!result.good()) {
                wrong++;
                System.err.printf(
                        "seed %d: %s%n  again: ./mooring verify crash --seeds 1 --requests %d"
                                + " --first %d%n",
                        seed, String.join("; ", result.found()), requests, seed);
                if (wrong == MAX_WRONG) {
                    break;
                }
            }
            long now = System.nanoTime();
            if (now - told > TELL_EVERY_NANOS) {
                told = now;
                System.err.printf(
                        "%,d requests, %,d crashes, %,.0f requests/s%n",
                        done, deaths, done / ((now - start) / 1e9));
            }
        }
        tell(done, deaths, 0, wrong, start);
    }

    private static void onPostgres(int seeds, int requests, long first, Path folder) {
        long start = System.nanoTime();
        long done = 0;
        long deaths = 0;
        int wrong = 0;
        int restarts = 0;
        try (PostgresBank.Server server =
                PostgresBank.Server.start(folder, folder.resolve("binaries"))) {
            for (long seed = first; seed < first + seeds && wrong < MAX_WRONG; seed++) {
                Simulation.Result result = run(seed, requests, server);
                done += result.requests();
                deaths += result.deaths();
                if (!result.good()) {
                    wrong++;
                    System.err.printf("seed %d: %s%n", seed, String.join("; ", result.found()));
                }
                System.err.printf(
                        "PostgreSQL: %,d requests, %,d crashes, %d restarts of PostgreSQL%n",
                        done, deaths, server.restarts());
            }
            restarts = server.restarts();
        }
        tell(done, deaths, restarts, wrong, start);
    }

    private static void tell(long done, long deaths, int restarts, int wrong, long start) {
        System.out.printf(
                Locale.ROOT,
                "{\"requests\": %d, \"crashes\": %d, \"restarts\": %d, \"wrong\": %d,"
                        + " \"seconds\": %.1f}%n",
                done,
                deaths,
                restarts,
                wrong,
                (System.nanoTime() - start) / 1e9);
    }

    /// The same seed with PostgreSQL in the store's place.
    static Simulation.Result run(long seed, int requests, PostgresBank.Server server) {
        SimulatedTime time = new SimulatedTime(Instant.now());
        Findings findings = new Findings();
        List<List<Bank.Credit>> credits = Simulation.credits(seed, requests);
        PostgresBank bank = new PostgresBank(server, time, findings, credits);
        Simulation simulation =
                new Simulation(seed, requests, Fault.NONE, time, findings, bank, credits.size());
        Simulation.Result result = simulation.run();
        bank.compare();
        return new Simulation.Result(
                seed,
                result.requests(),
                result.steps(),
                result.deaths(),
                result.trace(),
                findings.all());
    }

    static Simulation.Result run(long seed, int requests, Fault fault) {
        SimulatedTime time = new SimulatedTime(SimulatedTime.START);
        Findings findings = new Findings();
        MemoryBank bank = new MemoryBank(time, findings, fault, new PriceVersionId(new UUID(6, 6)));
        List<List<Bank.Credit>> credits = Simulation.credits(seed, requests);
        for (int index = 0; index < credits.size(); index++) {
            bank.add(
                    new Bank.Payer(
                            new OrganizationId(new UUID(2, index)),
                            new ProjectId(new UUID(3, index)),
                            new KeyId(new UUID(4, index)),
                            new WalletId(new UUID(5, index))),
                    credits.get(index));
        }
        return new Simulation(seed, requests, fault, time, findings, bank, credits.size()).run();
    }
}
