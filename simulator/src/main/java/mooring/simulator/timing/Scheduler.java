package mooring.simulator.timing;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// The engine's clockwork: slots, the queue for them, and steps that move all running sequences.
///
/// Lives on one event loop and must be called from it. A step's end is reckoned from the end of the
/// step before, so late timers cost accuracy of a moment, never of the average.
public final class Scheduler {

    /// Tokens a sequence makes in one turn where no rate holds it back.
    private static final int BURST = 64;

    /// Steps caught up with in one turn, so that the event loop breathes.
    private static final int MAX_STEPS_PER_TURN = 1_000;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Vertx vertx;
    private final Context loop;
    private final Rates rates;
    private final int maxWaiting;
    private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
    private final @Nullable Slot[] slots;
    private final IdentityHashMap<Sequence, Slot> running = new IdentityHashMap<>();
    private final ArrayDeque<Slot> prefilling = new ArrayDeque<>();
    private List<Slot> decoding = new ArrayList<>();
    private List<Slot> spare = new ArrayList<>();
    private final PriorityQueue<Slot> ownPaced =
            new PriorityQueue<>(Comparator.comparingLong((Slot slot) -> slot.dueNanos));

    private boolean stepping;
    private long stepNanos;
    private long stepEndNanos;
    private boolean turnPosted;
    private long timer = -1;
    private long timerDueNanos;
    private long steps;
    private long busySlotSteps;

    /// A place in the batch, held by one sequence.
    private static final class Slot {
        final int index;
        final Sequence sequence;
        int prefillLeft;
        int planned;
        boolean own;
        boolean holding;
        boolean gone;
        long dueNanos;
        long intervalNanos;

        Slot(int index, Sequence sequence) {
            this.index = index;
            this.sequence = sequence;
        }
    }

    public Scheduler(Vertx vertx, Context loop, Rates rates, int maxRunning, int maxWaiting) {
        this.vertx = vertx;
        this.loop = loop;
        this.rates = rates;
        this.maxWaiting = maxWaiting;
        this.slots = new Slot[maxRunning];
    }

    /// Queues a sequence for a slot; false when the queue is full.
    public boolean submit(Sequence sequence) {
        if (waiting.size() >= maxWaiting) {
            return false;
        }
        waiting.add(sequence);
        soon();
        return true;
    }

    /// Takes a sequence out, wherever it is; it makes no token after this.
    public void remove(Sequence sequence) {
        Slot slot = running.get(sequence);
        if (slot == null) {
            waiting.remove(sequence);
            return;
        }
        release(slot);
        prefilling.remove(slot);
        ownPaced.remove(slot);
        soon();
    }

    /// Lets a holding sequence go on.
    public void resume(Sequence sequence) {
        Slot slot = running.get(sequence);
        if (slot == null || !slot.holding) {
            return;
        }
        slot.holding = false;
        if (slot.own) {
            slot.dueNanos = Math.max(slot.dueNanos, System.nanoTime());
            ownPaced.add(slot);
        } else {
            decoding.add(slot);
        }
        soon();
    }

    private void soon() {
        if (!turnPosted) {
            turnPosted = true;
            loop.runOnContext(ignored -> turn());
        }
    }

    /// Does what is due and arms the timer for what is due next.
    private void turn() {
        turnPosted = false;
        long now = System.nanoTime();
        admit(now);
        runSteps(now);
        runOwnPaced(now);
        arm();
    }

    private void admit(long atNanos) {
        for (int i = 0; i < slots.length && !waiting.isEmpty(); i++) {
            if (slots[i] == null) {
                Slot slot = new Slot(i, waiting.remove());
                slots[i] = slot;
                running.put(slot.sequence, slot);
                begin(slot, atNanos);
            }
        }
    }

    private void begin(Slot slot, long atNanos) {
        slot.prefillLeft = slot.sequence.admitted();
        Pace pace = slot.sequence.pace();
        if (pace == null) {
            prefilling.add(slot);
            return;
        }
        slot.own = true;
        Long first = pace.firstTokenAfterMillis();
        Double rate = pace.tokensPerSecond();
        slot.dueNanos =
                atNanos
                        + (first == null
                                ? rates.promptNanos(slot.prefillLeft)
                                : first * NANOS_PER_MILLI);
        slot.intervalNanos = rate == null ? rates.decodeNanos() : Rates.nanosPerToken(rate);
        ownPaced.add(slot);
    }

    private void runSteps(long now) {
        if (!stepping) {
            startStep(now);
        }
        for (int done = 0; stepping && stepEndNanos <= now && done < MAX_STEPS_PER_TURN; done++) {
            long end = stepEndNanos;
            finishStep();
            admit(end);
            startStep(end);
            if (stepNanos == 0) {
                return;
            }
        }
    }

    private void startStep(long atNanos) {
        long promptTokens = 0;
        for (Slot slot : prefilling) {
            slot.planned =
                    (int) Math.min(slot.prefillLeft, rates.maxBatchedTokens() - promptTokens);
            promptTokens += slot.planned;
        }
        stepping = !prefilling.isEmpty() || !decoding.isEmpty();
        stepNanos =
                rates.promptNanos(promptTokens) + (decoding.isEmpty() ? 0 : rates.decodeNanos());
        stepEndNanos = atNanos + stepNanos;
    }

    private void finishStep() {
        int tokens = rates.decodeNanos() == 0 ? BURST : 1;
        List<Slot> batch = decoding;
        decoding = spare;
        spare = batch;
        steps++;
        busySlotSteps += batch.size();
        for (Slot slot : batch) {
            advance(slot, tokens);
        }
        batch.clear();
        for (Slot slot : prefilling) {
            slot.prefillLeft -= slot.planned;
            slot.planned = 0;
        }
        for (Slot head = prefilling.peek();
                head != null && head.prefillLeft <= 0;
                head = prefilling.peek()) {
            prefilling.remove();
            advance(head, tokens);
        }
    }

    private void runOwnPaced(long now) {
        for (Slot slot = ownPaced.peek();
                slot != null && slot.dueNanos <= now;
                slot = ownPaced.peek()) {
            ownPaced.remove();
            long behind = now - slot.dueNanos;
            int tokens =
                    slot.intervalNanos == 0
                            ? BURST
                            : (int) Math.min(BURST, 1 + behind / slot.intervalNanos);
            slot.dueNanos =
                    slot.intervalNanos == 0 ? now + 1 : slot.dueNanos + tokens * slot.intervalNanos;
            advance(slot, tokens);
        }
    }

    private void advance(Slot slot, int tokens) {
        if (slot.gone) {
            return;
        }
        switch (slot.sequence.produce(tokens)) {
            case RUNNING -> {
                if (slot.own) {
                    ownPaced.add(slot);
                } else {
                    decoding.add(slot);
                }
            }
            case HOLDING -> slot.holding = true;
            case ENDED -> release(slot);
        }
    }

    private void release(Slot slot) {
        if (!slot.gone) {
            slot.gone = true;
            slots[slot.index] = null;
            running.remove(slot.sequence);
        }
    }

    private void arm() {
        if (!waiting.isEmpty() && running.size() < slots.length) {
            soon();
            return;
        }
        Slot own = ownPaced.peek();
        if (!stepping && own == null) {
            return;
        }
        long due = stepping ? stepEndNanos : Long.MAX_VALUE;
        if (own != null) {
            due = Math.min(due, own.dueNanos);
        }
        long delay = due - System.nanoTime();
        if (delay <= 0) {
            soon();
        } else if (timer < 0 || due < timerDueNanos) {
            vertx.cancelTimer(timer);
            timerDueNanos = due;
            timer =
                    vertx.setTimer(
                            Math.ceilDiv(delay, NANOS_PER_MILLI),
                            ignored -> {
                                timer = -1;
                                turn();
                            });
        }
    }

    /// What each slot runs, null where it is free.
    public @Nullable Sequence[] running() {
        @Nullable Sequence[] view = new Sequence[slots.length];
        for (Slot slot : running.values()) {
            view[slot.index] = slot.sequence;
        }
        return view;
    }

    /// Tokens that the running sequences hold together.
    public long heldTokens() {
        return running.keySet().stream().mapToLong(Sequence::heldTokens).sum();
    }

    /// How many sequences hold a slot.
    public int runningCount() {
        return running.size();
    }

    /// How many sequences wait for a slot.
    public int waitingCount() {
        return waiting.size();
    }

    /// Steps done so far.
    public long steps() {
        return steps;
    }

    /// Slots that decoded, summed over all steps.
    public long busySlotSteps() {
        return busySlotSteps;
    }
}
