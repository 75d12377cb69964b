package mooring.simulator;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import mooring.simulator.script.Fault;
import mooring.simulator.script.Script;
import mooring.simulator.text.Prompt;
import mooring.simulator.timing.PrefixCache;
import mooring.simulator.timing.Scheduler;
import org.jspecify.annotations.Nullable;

/// The state that all requests of one engine share.
///
/// Scheduler, cache and counters belong to the event loop; script, log and `open` to any thread.
final class Engine {

    final Vertx vertx;
    final SimulatorOptions options;
    final Scheduler scheduler;
    final PrefixCache cache;
    final Script script = new Script();
    final GenerationLog log;
    final Map<String, Counters> counters = new LinkedHashMap<>();
    final AtomicInteger open = new AtomicInteger();
    private final AtomicLong lastId = new AtomicLong();
    private int flapped;
    private final long instance = Prompt.mix(System.nanoTime());

    Engine(Vertx vertx, Context loop, SimulatorOptions options, GenerationLog log) {
        this.vertx = vertx;
        this.options = options;
        this.log = log;
        this.scheduler =
                new Scheduler(
                        vertx, loop, options.rates(), options.maxNumSeqs(), options.maxWaiting());
        this.cache = new PrefixCache(options.cacheBlocks());
        options.models().forEach(model -> counters.put(model, new Counters()));
    }

    /// An id never given before, by this engine or another.
    String newId(boolean chat) {
        String prefix = chat ? "chatcmpl-" : "cmpl-";
        return prefix + String.format("%016x%016x", instance, lastId.incrementAndGet());
    }

    /// Whether a flapping connection is down for the next request. Event loop only.
    boolean down(Fault.@Nullable Flapping flapping) {
        return flapping != null && flapped++ % (flapping.up() + flapping.down()) >= flapping.up();
    }

    Counters counters(String model) {
        return counters.computeIfAbsent(model, ignored -> new Counters());
    }

    /// Back to the state after start; what runs goes on.
    void reset() {
        flapped = 0;
        script.clear();
        log.clear();
        cache.clear();
        counters.replaceAll((model, old) -> new Counters());
    }
}
