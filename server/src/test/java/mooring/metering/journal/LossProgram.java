package mooring.metering.journal;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import mooring.inference.Usage;
import mooring.journal.FileStorage;
import mooring.journal.SyncLoop;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.time.Clock;

/// Serves made-up requests until it is killed, and says what each caller got.
final class LossProgram {

    private LossProgram() {}

    /// @param arguments folder, epoch, first request number
    public static void main(String[] arguments) {
        NodeEpoch node = new NodeEpoch("node-1", Long.parseLong(arguments[1]));
        long number = Long.parseLong(arguments[2]);
        Life life = new Life(FileStorage.open(Path.of(arguments[0])), new ManualClock());
        life.recover(node);
        Random random = new Random(number);
        Executor loop = Executors.newSingleThreadExecutor();
        StringBuilder said = new StringBuilder("ready\n");
        try (SyncLoop _ = SyncLoop.start(life.journal, Clock.system())) {
            while (true) {
                Acceptance acceptance = Samples.acceptance(number, random.nextInt(4) > 0, node);
                Metered metered = life.meter.open(acceptance);
                int chunks = random.nextInt(5);
                if (chunks > 0) {
                    // Nothing passes to a caller before.
                    metered.durable(loop).toCompletableFuture().join();
                }
                for (int chunk = 1; chunk <= chunks; chunk++) {
                    metered.progress(new Usage(10, 0, 0, 0, chunk, 0));
                    say(said, "chunk " + number + " " + chunk);
                }
                switch (random.nextInt(6)) {
                    case 0 -> {
                        if (chunks == 0) {
                            metered.release(Samples.released(acceptance));
                            say(said, "released " + number);
                        }
                    }
                    case 1 -> say(said, "left " + number);
                    default -> {
                        CompletableFuture<Void> settled =
                                metered.settle(
                                                Samples.settled(
                                                        acceptance,
                                                        new Usage(10, 0, 0, 0, 90 + chunks, 0)),
                                                loop)
                                        .toCompletableFuture();
                        if (random.nextInt(3) == 0) {
                            settled.join();
                            say(said, "settled " + number + " " + (90 + chunks));
                        }
                    }
                }
                number++;
            }
        }
    }

    /// Handed to the other process before the next step, as a socket would be.
    private static void say(StringBuilder said, String line) {
        said.append(line).append('\n');
        System.out.print(said);
        System.out.flush();
        said.setLength(0);
    }
}
