package mooring.gateway;

import io.vertx.core.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.inference.StreamEvent;
import mooring.replicas.Replica;
import org.jspecify.annotations.Nullable;

/// Two attempts at one request, the second begun when the first takes its time. The first to give
/// content is the answer; the other is cancelled at once, and nothing of it reaches anybody.
///
/// On the request's event loop. To the relay it is one stream.
final class Race implements EngineStream {

    /// Events without content that a lane may bring before its content; what comes above is
    /// dropped.
    private static final int MAX_HELD_BACK = 64;

    /// Vert.x counts its timers from 0: 0 is somebody else's.
    private static final long NO_TIMER = -1;

    /// Says who runs, and hears how it went.
    interface Referee {

        EngineStream open(Replica.Booking at, EngineListener listener);

        /// Where a second attempt may go; null when none may be sent.
        Replica.@Nullable Booking second();

        /// A lane is out of the race.
        ///
        /// @param failure how it failed; null when it was cancelled because the other one won
        void out(Replica.Booking loser, @Nullable EngineFailure failure);

        void decided(boolean secondWon);
    }

    private final Context context;
    private final EngineListener relay;
    private final Referee referee;
    private final Lane first;
    private @Nullable Lane second;
    private @Nullable Lane winner;
    private long timer = NO_TIMER;
    private boolean paused;

    private Race(Context context, EngineListener relay, Referee referee, Replica.Booking booking) {
        this.context = context;
        this.relay = relay;
        this.referee = referee;
        this.first = new Lane(booking);
    }

    static Race begin(
            Context context,
            Duration hedgeAfter,
            EngineListener relay,
            Referee referee,
            Replica.Booking booking) {
        Race race = new Race(context, relay, referee, booking);
        race.first.stream = referee.open(booking, race.first);
        race.timer =
                context.owner().setTimer(Math.max(1, hedgeAfter.toMillis()), _ -> race.hedge());
        return race;
    }

    private void hedge() {
        if (winner != null || first.out) {
            return;
        }
        Replica.Booking booking = referee.second();
        if (booking != null) {
            Lane lane = new Lane(booking);
            second = lane;
            try {
                lane.stream = referee.open(booking, lane);
            } catch (RuntimeException e) {
                // The first one still runs, and the caller need not hear of this.
                lane.leave(new EngineFailure.Unreachable(e.toString()));
                second = null;
            }
            if (paused) {
                pause();
            }
        }
    }

    /// One engine's answer, kept back until it has content.
    private final class Lane implements EngineListener {

        private final Replica.Booking booking;
        private final List<StreamEvent> held = new ArrayList<>();
        private @Nullable EngineStream stream;
        private boolean out;

        private Lane(Replica.Booking booking) {
            this.booking = booking;
        }

        @Override
        public void connected() {
            if (!out) {
                relay.connected();
            }
        }

        @Override
        public void event(StreamEvent event) {
            if (out) {
                return;
            }
            if (winner == this) {
                relay.event(event);
                return;
            }
            if (event instanceof StreamEvent.Ended && other() != null) {
                leave(new EngineFailure.Broken("the stream ended without content"));
                return;
            }
            if (held.size() < MAX_HELD_BACK || decides(event)) {
                held.add(event);
            }
            if (decides(event)) {
                win(this);
            }
        }

        @Override
        public void failed(EngineFailure failure) {
            if (out) {
                return;
            }
            if (winner == this || other() == null) {
                stopTimer();
                relay.failed(failure);
            } else {
                leave(failure);
            }
        }

        private void leave(@Nullable EngineFailure failure) {
            out = true;
            held.clear();
            if (stream != null) {
                stream.cancel();
            }
            referee.out(booking, failure);
        }

        /// The one that it still runs against.
        private @Nullable Lane other() {
            Lane other = this == first ? second : first;
            return other == null || other.out ? null : other;
        }
    }

    private static boolean decides(StreamEvent event) {
        return switch (event) {
            case StreamEvent.Delta delta -> delta.content();
            case StreamEvent.Finished _, StreamEvent.Ended _ -> true;
            case StreamEvent.UsageReported _ -> false;
        };
    }

    private void win(Lane lane) {
        winner = lane;
        stopTimer();
        Lane other = lane.other();
        if (other != null) {
            other.leave(null);
            referee.decided(lane == second);
        }
        List<StreamEvent> begun = List.copyOf(lane.held);
        lane.held.clear();
        for (StreamEvent event : begun) {
            // The relay may have given up at the one before.
            if (!lane.out) {
                relay.event(event);
            }
        }
    }

    private void stopTimer() {
        if (timer != NO_TIMER) {
            context.owner().cancelTimer(timer);
        }
    }

    @Override
    public void pause() {
        paused = true;
        each(EngineStream::pause);
    }

    @Override
    public void resume() {
        paused = false;
        each(EngineStream::resume);
    }

    @Override
    public boolean dispatched() {
        return sent(first) || (second != null && sent(second));
    }

    private static boolean sent(Lane lane) {
        return lane.stream != null && lane.stream.dispatched();
    }

    @Override
    public void cancel() {
        stopTimer();
        each(EngineStream::cancel);
        first.out = true;
        if (second != null) {
            second.out = true;
        }
    }

    private void each(Consumer<EngineStream> what) {
        if (first.stream != null && !first.out) {
            what.accept(first.stream);
        }
        Lane beside = second;
        if (beside != null && beside.stream != null && !beside.out) {
            what.accept(beside.stream);
        }
    }
}
