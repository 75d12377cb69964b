package mooring.fleet;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mooring.catalog.ReplicaSpec;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Brings up what the catalogue asks for and keeps [Replicas] told of how it is: local commands as
/// children of this process, other addresses by asking for their health.
public final class Fleet implements AutoCloseable {

    /// Where local engines find and leave things.
    ///
    /// @param python the Python that runs engine programs
    /// @param engines folder of engine programs, `{engines}` in a command
    /// @param keys folder for the engines' keys
    /// @param logs folder for their output
    public record Places(String python, Path engines, Path keys, Path logs) {}

    private static final int KEY_BYTES = 32;

    private final Replicas replicas;
    private final Places places;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private final List<LocalEngine> local = new ArrayList<>();
    private final List<AddressWatch> watches = new ArrayList<>();
    private final Map<Replica, String> keys = new ConcurrentHashMap<>();
    private final Map<Replica, String> failed = new ConcurrentHashMap<>();
    private final CountDownLatch settled;

    public Fleet(Replicas replicas, Places places, Clock clock) {
        this.replicas = replicas;
        this.places = places;
        this.clock = clock;
        this.settled = new CountDownLatch(replicas.all().size());
    }

    /// Starts everything and returns at once.
    public void start() {
        for (Replica replica : replicas.all()) {
            switch (replica.spec()) {
                case ReplicaSpec.Command command -> startLocal(replica, command);
                case ReplicaSpec.Address address -> watch(replica, address);
            }
        }
    }

    /// The key that a replica demands; null when it demands none.
    public @Nullable String key(Replica replica) {
        return keys.get(replica);
    }

    /// Waits until every replica has been ready once, or has failed for good, or did not answer its
    /// first health check.
    ///
    /// @return why local engines cannot run, one line each; empty when all is well
    public List<String> await(Duration atMost) throws InterruptedException {
        boolean all = settled.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        List<String> reasons = new ArrayList<>(failed.values());
        if (!all) {
            for (Replica replica : replicas.all()) {
                if (replica.state() instanceof Replica.State.Starting) {
                    reasons.add(
                            "engine "
                                    + replica.id()
                                    + " is not ready after "
                                    + atMost.toSeconds()
                                    + " s");
                }
            }
        }
        return reasons;
    }

    private void startLocal(Replica replica, ReplicaSpec.Command spec) {
        byte[] secret = new byte[KEY_BYTES];
        random.nextBytes(secret);
        String key = HexFormat.of().formatHex(secret);
        keys.put(replica, key);
        Path keyFile = places.keys().resolve(replica.id().replace('/', '_') + ".key");
        Once once = new Once();
        EngineSpec engine =
                new EngineSpec(
                        replica.id(),
                        spec.command().stream().map(word -> resolved(word, keyFile)).toList(),
                        spec.environment(),
                        "http://127.0.0.1:{port}",
                        "/health",
                        key,
                        keyFile,
                        places.logs().resolve("engine-" + replica.id().replace('/', '_') + ".log"));
        local.add(
                LocalEngine.start(
                        engine,
                        Patience.DEFAULT,
                        clock,
                        (self, _, state) -> changed(replica, state, self.pid(), once)));
    }

    private void changed(Replica replica, EngineState state, long pid, Once once) {
        switch (state) {
            case EngineState.Starting _ -> replica.update(new Replica.State.Starting());
            case EngineState.Ready(URI url) -> {
                replica.located(url, pid);
                replica.update(new Replica.State.Ready());
                once.settle();
            }
            case EngineState.BackingOff(String reason, _) ->
                    replica.update(new Replica.State.Down(reason));
            case EngineState.Failed(String reason) -> {
                replica.update(new Replica.State.Down(reason));
                failed.put(replica, "engine " + replica.id() + ": " + reason);
                once.settle();
            }
            case EngineState.Stopped _ -> replica.update(new Replica.State.Down("stopped"));
        }
    }

    private void watch(Replica replica, ReplicaSpec.Address spec) {
        String key = spec.keyFile() == null ? null : readKey(spec.keyFile());
        if (key != null) {
            keys.put(replica, key);
        }
        replica.located(spec.url(), -1);
        Once once = new Once();
        watches.add(AddressWatch.start(replica, spec.url(), key, once::settle, clock));
    }

    private String resolved(String word, Path keyFile) {
        return word.replace("{python}", places.python())
                .replace("{engines}", places.engines().toString())
                .replace("{key_file}", keyFile.toString());
    }

    private static String readKey(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "key_file: " + file + " cannot be read (expected: a file with the key)", e);
        }
    }

    @Override
    public void close() {
        watches.forEach(AddressWatch::close);
        List<Thread> closing = new ArrayList<>();
        for (LocalEngine engine : local) {
            closing.add(Thread.startVirtualThread(engine::close));
        }
        for (Thread thread : closing) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Counts a replica as settled the first time only.
    private final class Once {
        private boolean done;

        synchronized void settle() {
            if (!done) {
                done = true;
                settled.countDown();
            }
        }
    }
}
