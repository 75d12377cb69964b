package mooring.replicas;

import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import mooring.catalog.ReplicaSpec;
import mooring.inference.ModelId;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// One engine that can answer for one model, with what is known of it now.
///
/// State changes come from whoever watches it; load is booked by whoever sends it work.
public final class Replica {

    /// Whether work may be sent, and if not, why.
    public sealed interface State {

        record Starting() implements State {}

        record Ready() implements State {}

        record Down(String reason) implements State {}
    }

    private final String id;
    private final ModelId model;
    private final ReplicaSpec spec;
    private final Clock clock;
    private final Standing standing;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LongAdder heard = new LongAdder();
    private volatile State state = new State.Starting();
    private volatile Runnable whenRoom = () -> {};
    private volatile @Nullable URI url;
    private volatile long pid = -1;

    public Replica(String id, ModelId model, ReplicaSpec spec, Clock clock) {
        this.id = id;
        this.model = model;
        this.spec = spec;
        this.clock = clock;
        this.standing = new Standing(clock.monotonicNanos());
    }

    public String id() {
        return id;
    }

    public ModelId model() {
        return model;
    }

    public ReplicaSpec spec() {
        return spec;
    }

    public State state() {
        return state;
    }

    public boolean ready() {
        return state instanceof State.Ready;
    }

    public @Nullable URI url() {
        return url;
    }

    /// Something of an answer came from it: whatever its health check says, it works.
    public void heard() {
        heard.increment();
    }

    /// Rises while answers come.
    public long timesHeard() {
        return heard.sum();
    }

    /// The process behind it, -1 where it is not ours.
    public long pid() {
        return pid;
    }

    public int inFlight() {
        return inFlight.get();
    }

    /// How it has been answering lately.
    public Standing standing() {
        return standing;
    }

    /// One that was down comes back slowly: its caches are cold, and it may fall again.
    public void update(State newState) {
        if (newState instanceof State.Ready && state instanceof State.Down) {
            standing.returned(clock.monotonicNanos());
        }
        state = newState;
        whenRoom.run();
    }

    /// Who is told, on any thread, that it has less work now, or that its state changed.
    public void whenRoom(Runnable told) {
        whenRoom = told;
    }

    public void located(URI newUrl, long newPid) {
        url = newUrl;
        pid = newPid;
    }

    /// Counts one request in until the booking is closed.
    public Booking book() {
        inFlight.incrementAndGet();
        return new Booking(this);
    }

    /// A request's place in a replica's load, given back once however often it is closed.
    public static final class Booking implements AutoCloseable {

        private final Replica replica;
        private boolean closed;

        private Booking(Replica replica) {
            this.replica = replica;
        }

        public Replica replica() {
            return replica;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                replica.inFlight.decrementAndGet();
                replica.whenRoom.run();
            }
        }
    }
}
