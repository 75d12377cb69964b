package mooring.engine.llamacpp;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import java.util.function.Function;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.engine.wire.ChatCall;
import mooring.engine.wire.EngineHttp;
import mooring.engine.wire.EngineTimings;
import mooring.inference.CacheScope;
import mooring.inference.JsonText;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import org.jspecify.annotations.Nullable;

/// One choice of one answer: waits for a slot, streams from it, gives it back.
///
/// Runs on the event loop of its context. The listener hears usage ahead of the content that it
/// counts, so that an answer cut off at any point is never counted below what was passed on.
final class Generation implements EngineStream {

    /// How long a request that was given up unseen may still come to the engine's attention:
    /// connection, body and tokenizing of the largest prompt took under 5 s.
    private static final long LATE_ARRIVAL_MILLIS = 30_000;

    /// What all generations of one engine share.
    record Parts(SlotPool slots, EngineFacts.Source facts, IdleWatch idle, EngineHttp streams) {}

    /// What is asked for.
    ///
    /// @param path where the engine takes it
    /// @param body written when the slot is known
    /// @param topLogprobs how many alternatives were asked for, null when no log-probabilities were
    record Order(
            CacheScope scope,
            String path,
            Function<SlotPool.Lease, Buffer> body,
            AnswerForm form,
            @Nullable Integer topLogprobs) {}

    private final Parts parts;
    private final Context context;
    private final Order order;
    private final Runnable sent;
    private final EngineListener listener;

    private SlotPool.@Nullable Ticket ticket;
    private SlotPool.@Nullable Lease lease;
    private @Nullable ChatCall chat;
    private boolean begun;
    private boolean paused;
    private boolean over;

    /// @param sent hears that the slot was there and the request is on its way
    Generation(Parts parts, Context context, Order order, Runnable sent, EngineListener listener) {
        this.parts = parts;
        this.context = context;
        this.order = order;
        this.sent = sent;
        this.listener = listener;
    }

    void begin() {
        ticket =
                parts.slots()
                        .ask(order.scope(), given -> context.runOnContext(_ -> granted(given)));
        if (ticket == null) {
            failed(
                    new EngineFailure.Busy(
                            null,
                            "waiting for a slot: " + SlotPool.MAX_WAITING + " (expected: fewer)"));
        }
    }

    private void granted(SlotPool.Lease given) {
        if (over) {
            given.free();
            return;
        }
        lease = given;
        parts.facts()
                .now()
                .onComplete(
                        facts -> {
                            if (over) {
                                return;
                            }
                            if (facts.failed()) {
                                failed(EngineHttp.unreachable(facts.cause()).failure());
                            } else if (given.slot() >= facts.result().totalSlots()) {
                                // The engine came back with fewer slots while this one waited.
                                lease = null;
                                given.free();
                                begin();
                            } else {
                                send(given);
                            }
                        });
    }

    private void send(SlotPool.Lease given) {
        Buffer body = order.body().apply(given);
        given.sent();
        ChatCall call =
                new ChatCall(
                        new EngineListener() {
                            @Override
                            public void connected() {
                                Generation.this.listener.connected();
                            }

                            @Override
                            public void event(StreamEvent event) {
                                heard(event);
                            }

                            @Override
                            public void failed(EngineFailure failure) {
                                Generation.this.failed(failure);
                            }
                        },
                        order.form().reader(),
                        this::counted);
        chat = call;
        if (paused) {
            call.pause();
        }
        // llama.cpp keeps no traces.
        call.start(parts.streams(), order.path(), body, null);
        sent.run();
    }

    /// Comes ahead of the events of the same chunk.
    private void counted(EngineTimings timings) {
        if (over) {
            return;
        }
        if (!begun && lease != null) {
            begun = true;
            lease.began();
        }
        listener.event(
                new StreamEvent.UsageReported(
                        Usage.ofPrompt(
                                timings.promptComputed() + timings.promptCached(),
                                timings.promptCached(),
                                timings.generated(),
                                0)));
    }

    private void heard(StreamEvent event) {
        if (over) {
            return;
        }
        switch (event) {
            case StreamEvent.Delta delta -> {
                // Reports of a prompt's progress come as empty pieces: they are no answer.
                if (delta.content() || delta.logprobs() != null) {
                    listener.event(trimmed(delta));
                }
            }
            case StreamEvent.Ended _ -> {
                over = true;
                if (lease != null) {
                    lease.free();
                }
                listener.event(event);
            }
            case StreamEvent.Finished _, StreamEvent.UsageReported _ -> listener.event(event);
        }
    }

    private StreamEvent.Delta trimmed(StreamEvent.Delta delta) {
        JsonText logprobs = delta.logprobs();
        if (logprobs == null) {
            return delta;
        }
        return new StreamEvent.Delta(
                delta.choice(),
                delta.text(),
                delta.reasoning(),
                delta.refusal(),
                delta.toolCalls(),
                order.topLogprobs() == null
                        ? null
                        : Logprobs.trimmed(logprobs, order.topLogprobs()),
                delta.extras());
    }

    private void failed(EngineFailure failure) {
        if (over) {
            return;
        }
        over = true;
        switch (failure) {
            case EngineFailure.Rejected _, EngineFailure.Busy _ -> freeAtOnce();
            case EngineFailure.Unreachable _, EngineFailure.Broken _, EngineFailure.TimedOut _ ->
                    giveUpSlot();
        }
        listener.failed(failure);
    }

    @Override
    public void pause() {
        paused = true;
        if (chat != null) {
            chat.pause();
        }
    }

    @Override
    public void resume() {
        paused = false;
        if (chat != null) {
            chat.resume();
        }
    }

    @Override
    public void cancel() {
        if (over) {
            return;
        }
        over = true;
        if (ticket != null) {
            ticket.leave();
        }
        if (chat != null) {
            chat.cancel();
        }
        giveUpSlot();
    }

    private void freeAtOnce() {
        if (lease != null) {
            lease.free();
        }
    }

    /// The engine may still be at it: the slot is given on when it is idle.
    private void giveUpSlot() {
        SlotPool.Lease held = lease;
        if (held == null) {
            return;
        }
        if (chat == null) {
            held.free();
            return;
        }
        if (!begun) {
            held.strayed();
            context.owner().setTimer(LATE_ARRIVAL_MILLIS, _ -> held.strayOver());
        }
        parts.idle().whenIdle(held.slot(), held::free);
    }
}
