package mooring.engine.llamacpp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import mooring.inference.CacheScope;
import org.jspecify.annotations.Nullable;

/// The engine's slots: which are in use, and whose prompt the others still hold.
///
/// A slot's cache may be used again only by the scope whose prompt is certainly the last one in it.
/// Between the sending of a request and the first sign that the engine works on it, it holds nobody
/// knows whose: the request may have been dropped with the old prompt still there.
///
/// An adapter may be called from several event loops, therefore the lock; it is never held over a
/// call outwards. Slots are given in the order of asking.
final class SlotPool {

    /// Calls that may wait for a slot; more are told that the engine is full.
    static final int MAX_WAITING = 1_024;

    private final List<Slot> slots = new ArrayList<>();
    private final Deque<Ticket> waiting = new ArrayDeque<>();
    private int size;
    private long uses;

    /// One slot; everything but its number changes under the pool's lock.
    private static final class Slot {

        private final int id;
        private boolean taken;
        private @Nullable CacheScope scope;
        private long lastUse;

        /// Requests that were given up before the engine showed that it works on them, and that may
        /// still reach it.
        private int strays;

        Slot(int id) {
            this.id = id;
        }
    }

    /// A place in the queue, until the slot is there.
    final class Ticket {

        private final CacheScope scope;
        private final Consumer<Lease> granted;

        private Ticket(CacheScope scope, Consumer<Lease> granted) {
            this.scope = scope;
            this.granted = granted;
        }

        /// Leaves the queue; false when the slot is already given.
        boolean leave() {
            synchronized (SlotPool.this) {
                return waiting.remove(this);
            }
        }
    }

    /// A slot in one call's hands, to be given back with [#free].
    final class Lease {

        private final Slot slot;
        private final CacheScope scope;
        private final boolean reuse;
        private boolean given = true;

        private Lease(Slot slot, CacheScope scope) {
            this.slot = slot;
            this.scope = scope;
            this.reuse = scope.equals(slot.scope);
        }

        int slot() {
            return slot.id;
        }

        /// Whether what the slot holds is this call's own scope's.
        boolean reuse() {
            return reuse;
        }

        /// The request is on its way to the engine.
        void sent() {
            synchronized (SlotPool.this) {
                if (!reuse) {
                    slot.scope = null;
                }
            }
        }

        /// The engine works on it: what the slot held before is gone.
        void began() {
            synchronized (SlotPool.this) {
                if (slot.strays == 0) {
                    slot.scope = scope;
                }
            }
        }

        /// The request was given up unseen, and may reach the engine after others: until that is
        /// ruled out nothing in this slot is used again.
        void strayed() {
            synchronized (SlotPool.this) {
                slot.strays++;
                slot.scope = null;
            }
        }

        /// A request that strayed can no longer arrive.
        void strayOver() {
            synchronized (SlotPool.this) {
                slot.strays--;
            }
        }

        void free() {
            List<Runnable> grants;
            synchronized (SlotPool.this) {
                if (!given) {
                    return;
                }
                given = false;
                slot.taken = false;
                grants = grants();
            }
            grants.forEach(Runnable::run);
        }
    }

    /// Takes over how many slots the engine has. Never more are given than that: an engine takes a
    /// number out of its range for "any slot".
    void resize(int count) {
        List<Runnable> grants;
        synchronized (this) {
            while (slots.size() < count) {
                slots.add(new Slot(slots.size()));
            }
            size = count;
            grants = grants();
        }
        grants.forEach(Runnable::run);
    }

    /// Asks for a slot; null when too many wait already.
    ///
    /// @param granted hears of it once, perhaps before this returns, perhaps on another thread
    @Nullable Ticket ask(CacheScope scope, Consumer<Lease> granted) {
        Ticket ticket = new Ticket(scope, granted);
        List<Runnable> grants;
        synchronized (this) {
            if (waiting.size() >= MAX_WAITING) {
                return null;
            }
            waiting.add(ticket);
            grants = grants();
        }
        grants.forEach(Runnable::run);
        return ticket;
    }

    synchronized int waiting() {
        return waiting.size();
    }

    /// Called with the lock held; what it returns is run without it.
    private List<Runnable> grants() {
        List<Runnable> grants = new ArrayList<>(1);
        while (!waiting.isEmpty()) {
            Slot slot = best(waiting.getFirst().scope);
            if (slot == null) {
                break;
            }
            Ticket ticket = waiting.removeFirst();
            slot.taken = true;
            slot.lastUse = ++uses;
            Lease lease = new Lease(slot, ticket.scope);
            grants.add(() -> ticket.granted.accept(lease));
        }
        return grants;
    }

    /// A free slot that holds the scope's own prompt, else the one unused for longest.
    private @Nullable Slot best(CacheScope scope) {
        Slot own = null;
        Slot oldest = null;
        for (int i = 0; i < size; i++) {
            Slot slot = slots.get(i);
            if (slot.taken) {
                continue;
            }
            if (scope.equals(slot.scope) && (own == null || slot.lastUse > own.lastUse)) {
                own = slot;
            }
            if (oldest == null || slot.lastUse < oldest.lastUse) {
                oldest = slot;
            }
        }
        return own == null ? oldest : own;
    }
}
