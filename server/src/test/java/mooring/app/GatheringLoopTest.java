package mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import mooring.testing.StepClock;
import org.junit.jupiter.api.Test;

class GatheringLoopTest {

    private static final long TURN_NANOS = 50_000;
    private static final long MANY_NANOS = GatheringLoop.SPAN_NANOS / (2 * GatheringLoop.MANY);

    private final StepClock clock = new StepClock();
    private final List<Long> pauses = new ArrayList<>();
    private final Turns turns = new Turns();
    private final LongAdder requests = new LongAdder();
    private final GatheringLoop loop = new GatheringLoop(turns, requests, clock, this::pause);

    private void pause(long nanos) {
        pauses.add(nanos);
        clock.pass(Duration.ofNanos(nanos));
    }

    /// An event loop's turns: each takes a time, and serves the requests that came by its begin.
    private final class Turns implements IoHandler {
        private long nanos = TURN_NANOS;
        private long requestEveryNanos = Long.MAX_VALUE;
        private long servedUntil = clock.monotonicNanos();
        private int eventsATurn;
        private int taken;

        @Override
        public int run(IoHandlerContext context) {
            taken++;
            long came = (clock.monotonicNanos() - servedUntil) / requestEveryNanos;
            servedUntil += came * requestEveryNanos;
            requests.add(came);
            clock.pass(Duration.ofNanos(nanos));
            return eventsATurn + (int) came;
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void wakeup() {}

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return true;
        }
    }

    /// @param idle whether the loop has no task of its own
    private record Loop(boolean idle) implements IoHandlerContext {
        @Override
        public boolean canBlock() {
            return idle;
        }

        @Override
        public long delayNanos(long now) {
            return -1;
        }

        @Override
        public long deadlineNanos() {
            return -1;
        }
    }

    private void runFor(long nanos, boolean idle) {
        long end = clock.monotonicNanos() + nanos;
        while (clock.monotonicNanos() < end) {
            loop.run(new Loop(idle));
        }
    }

    @Test
    void whoComesAloneIsServedAtOnce() {
        turns.requestEveryNanos = 500_000;

        runFor(10 * GatheringLoop.SPAN_NANOS, true);

        assertThat(pauses).isEmpty();
    }

    @Test
    void whileManyComeTurnsBeginAnIntervalApart() {
        turns.requestEveryNanos = MANY_NANOS;
        runFor(2 * GatheringLoop.SPAN_NANOS, true);
        pauses.clear();
        int before = turns.taken;

        runFor(GatheringLoop.SPAN_NANOS, true);

        assertThat(turns.taken - before)
                .isLessThanOrEqualTo(
                        (int) (GatheringLoop.SPAN_NANOS / GatheringLoop.INTERVAL_NANOS) + 1);
        assertThat(pauses).isNotEmpty().containsOnly(GatheringLoop.INTERVAL_NANOS - TURN_NANOS);
    }

    @Test
    void manyEventsOfStreamsAreServedAtOnceEach() {
        turns.eventsATurn = 100;

        runFor(10 * GatheringLoop.SPAN_NANOS, true);

        assertThat(pauses).isEmpty();
    }

    @Test
    void aTurnThatTakesLongIsFollowedAtOnce() {
        turns.nanos = GatheringLoop.INTERVAL_NANOS;
        turns.requestEveryNanos = MANY_NANOS;

        runFor(10 * GatheringLoop.SPAN_NANOS, true);

        assertThat(pauses).isEmpty();
    }

    @Test
    void aTaskOfItsOwnIsNotKeptWaiting() {
        turns.requestEveryNanos = MANY_NANOS;

        runFor(10 * GatheringLoop.SPAN_NANOS, false);

        assertThat(pauses).isEmpty();
    }

    @Test
    void onceFewComeNobodyWaitsAnyMore() {
        turns.requestEveryNanos = MANY_NANOS;
        runFor(2 * GatheringLoop.SPAN_NANOS, true);
        assertThat(pauses).isNotEmpty();
        turns.requestEveryNanos = Long.MAX_VALUE;
        runFor(2 * GatheringLoop.SPAN_NANOS, true);
        pauses.clear();

        runFor(GatheringLoop.SPAN_NANOS, true);

        assertThat(pauses).isEmpty();
    }
}
