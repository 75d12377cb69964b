package mooring.ledger.lease;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import mooring.ledger.LeaseStore.Standing;
import mooring.ledger.OwnUse;
import mooring.ledger.Purse;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this node has leased of one purse: free = lease − running − pending, never below 0.
///
/// Every method is atomic under its own lock, which is never held while another is taken.
final class PurseLease {

    /// What became of a wish to set money aside.
    enum Reserved {
        SHORT,
        GRANTED,
        /// Granted, and more should be leased before somebody has to wait.
        GRANTED_AND_LOW,
        /// This object is out of use; look the purse up again.
        DROPPED
    }

    /// Money to give back, and whether nothing of the lease is left then.
    record Surplus(long amount, long inUse, boolean last) {}

    private static final Logger LOG = LoggerFactory.getLogger(PurseLease.class);

    /// Free money is had for so many seconds of spend, and for some holds at least; above twice of
    /// it the rest goes back.
    private static final long SLICE_SECONDS = 2;

    /// The same of a purse that nobody can empty meanwhile: it is one with this many such slices
    /// left. A refill costs the store as much as a request does.
    private static final long AMPLE_SLICE_SECONDS = 16;

    private static final long AMPLE_SLICES = 8;

    /// A purse of little spend is leased for so many of its holds at once: a round trip's row costs
    /// as much as some requests do.
    private static final long SLICE_HOLDS = 4;

    /// A wallet's waiting requests at once; one customer shall not take every place.
    private static final int MAX_WAITING = 1_000;

    final Purse purse;
    final Currency currency;
    private final LeaseTimings timings;
    private final Spend spend;
    private final LinkedHashSet<Waiter> waiters = new LinkedHashSet<>();
    private long lease;
    private long running;
    private long pending;
    private long bookings;
    private long reportedInUse;
    private long left;
    private long elsewhere;
    private boolean known;
    private int waitingFor;
    private boolean hungry;
    private boolean dropped;
    private boolean answerOwed;
    private long largestHold;
    private long largestBefore;
    private long largestSince;
    private long lowWater;
    private long lastAsked;
    private long exactUntil = Long.MIN_VALUE;
    private long recalledUntil = Long.MIN_VALUE;
    private long validUntil = Long.MAX_VALUE;

    PurseLease(Purse purse, Currency currency, LeaseTimings timings, long now) {
        this.purse = purse;
        this.currency = currency;
        this.timings = timings;
        this.spend = new Spend(now);
        this.lastAsked = now;
        this.largestSince = now;
    }

    // What requests do ----------------------------------------------------------------------

    synchronized Reserved reserve(long amount, long now) {
        if (dropped) {
            return Reserved.DROPPED;
        }
        lastAsked = now;
        if (now >= validUntil || amount > free()) {
            return Reserved.SHORT;
        }
        largestHold = Math.max(largestHold, amount);
        running = Math.addExact(running, amount);
        spend.placed(amount, now);
        if (hungry || free() >= lowWater || exact(now)) {
            return Reserved.GRANTED;
        }
        hungry = true;
        return Reserved.GRANTED_AND_LOW;
    }

    /// Takes a reservation back, or ends a hold of which `kept` is charged.
    ///
    /// @return whether somebody should look at this purse: money is wanted here or elsewhere
    synchronized boolean end(long hold, long kept, long now) {
        running -= hold;
        pending = Math.addExact(pending, kept);
        spend.ended(hold, kept, now);
        check();
        return recalledUntil > now && free() > 0;
    }

    /// Charged above the hold: it will come out of what nobody leased.
    synchronized void beyondHold(long amount) {
        left = Math.max(0, left - amount);
    }

    synchronized void booked(long charged, long drawn) {
        pending = Math.subtractExact(pending, charged);
        lease = Math.subtractExact(lease, drawn);
        bookings++;
        check();
    }

    // Waiting -------------------------------------------------------------------------------

    /// False when too many wait already, or this object is out of use.
    synchronized boolean enqueue(Waiter waiter) {
        return !dropped && waiters.size() < MAX_WAITING && waiters.add(waiter);
    }

    synchronized void dequeue(Waiter waiter) {
        waiters.remove(waiter);
    }

    /// Somebody who is queued at a wallet waits for this purse too. False when this object is out
    /// of use.
    synchronized boolean awaited() {
        waitingFor += dropped ? 0 : 1;
        return !dropped;
    }

    synchronized void awaitNoMore() {
        waitingFor--;
    }

    synchronized List<Waiter> waiters() {
        return waiters.isEmpty() ? List.of() : new ArrayList<>(waiters);
    }

    synchronized boolean waitedFor() {
        return !waiters.isEmpty();
    }

    // What the keeper does ------------------------------------------------------------------

    synchronized void granted(long amount, Standing standing, boolean reduced, long now) {
        lease = Math.addExact(lease, amount);
        hungry = false;
        know(standing);
        if (reduced) {
            exactUntil = now + timings.exact().toNanos();
        }
        plan(now);
    }

    synchronized void validUntil(long end) {
        validUntil = Math.min(validUntil, end);
    }

    synchronized void know(Standing standing) {
        left = standing.left().nanos();
        elsewhere = standing.elsewhere().nanos();
        known = true;
    }

    /// Another node needs what is free here; the store is owed an answer even if nothing is.
    synchronized void recalled(long now) {
        answerOwed = true;
        recalledUntil = now + timings.recalled().toNanos();
        exactUntil = now + timings.exact().toNanos();
    }

    /// Whether what is free may not be used any more, because it expires.
    synchronized boolean expired(long now) {
        return now >= validUntil;
    }

    synchronized boolean recalledStill(long now) {
        return answerOwed || recalledUntil > now;
    }

    /// Takes out what has to go back now; null when nothing has.
    ///
    /// @param all whether everything free goes, because the node leaves
    synchronized @Nullable Surplus surplus(long now, boolean all) {
        plan(now);
        boolean idle = now - lastAsked >= timings.idle().toNanos() && waitingFor == 0;
        long amount;
        if (all || idle || answerOwed || recalledUntil > now || now >= validUntil) {
            amount = free();
        } else {
            long target = target(now);
            amount = free() > 2 * target ? free() - target : 0;
        }
        boolean last =
                (all || idle) && waitingFor == 0 && running == 0 && pending == 0 && lease == amount;
        if (amount == 0 && !answerOwed && !last) {
            if (now >= validUntil) {
                validUntil = Long.MAX_VALUE;
            }
            return null;
        }
        lease -= amount;
        answerOwed = false;
        hungry = false;
        dropped = last;
        if (free() == 0 && now >= validUntil) {
            validUntil = Long.MAX_VALUE;
        }
        return new Surplus(amount, inUse(), last);
    }

    /// What is wanted above what waiting requests need, to have it in hand: some holds like theirs
    /// at least.
    synchronized long slice(long hold, long now) {
        return exact(now) ? 0 : Math.max(holds(hold), target(now));
    }

    /// What a background refill should bring; 0 when none is wanted any more.
    synchronized long refill(long now) {
        if (!hungry || dropped) {
            return 0;
        }
        long wanted = exact(now) ? 0 : target(now) - free();
        hungry = wanted > 0;
        return Math.max(0, wanted);
    }

    synchronized boolean changedInUse() {
        return inUse() != reportedInUse;
    }

    /// The store has taken down that so much is in use.
    synchronized void told(long used) {
        reportedInUse = used;
    }

    /// Nothing of it can be used any more.
    synchronized void forget() {
        lease = running + pending;
        hungry = false;
        answerOwed = false;
    }

    // Looking -------------------------------------------------------------------------------

    synchronized long free() {
        return lease - running - pending;
    }

    synchronized long usable(long now) {
        return now >= validUntil ? 0 : free();
    }

    synchronized long inUse() {
        return running + pending;
    }

    synchronized OwnUse.Share share() {
        return new OwnUse.Share(lease, inUse(), bookings);
    }

    synchronized long leased() {
        return lease;
    }

    synchronized long pending() {
        return pending;
    }

    /// What the purse can carry as far as this node knows; -1 when the store has not told yet.
    synchronized long available() {
        return known ? left + elsewhere + free() : -1;
    }

    synchronized Money couldCarry() {
        return new Money(left + free(), currency);
    }

    /// Looked at now and then, so that reserving need not reckon.
    synchronized void plan(long now) {
        if (now - largestSince > timings.exact().toNanos()) {
            largestBefore = largestHold;
            largestHold = 0;
            largestSince = now;
        }
        lowWater = exact(now) ? 0 : lowWater(now);
    }

    @Override
    public synchronized String toString() {
        return purse + ": lease " + lease + ", running " + running + ", pending " + pending;
    }

    private boolean exact(long now) {
        return now < exactUntil;
    }

    private long target(long now) {
        long charged = spend.charged(now);
        long ample = Math.min(AMPLE_SLICE_SECONDS * charged, left / AMPLE_SLICES);
        long spent = Math.max(Math.max(SLICE_SECONDS * charged, ample), spend.net(now) / 2);
        return Math.max(spent, holds(Math.max(largestHold, largestBefore)));
    }

    /// A quarter of a slice of spend lasts for half a second, many times a round trip; of a slice
    /// of holds two are kept, as more than one request may come at once.
    private long lowWater(long now) {
        long target = target(now);
        return Math.max(target / 4, holds(Math.max(largestHold, largestBefore)) / 2);
    }

    private static long holds(long amount) {
        return amount > Long.MAX_VALUE / SLICE_HOLDS ? amount : amount * SLICE_HOLDS;
    }

    private void check() {
        // A booking may be told before its charge is: pending is negative for a moment then.
        if (running < 0 || free() < 0) {
            LOG.error("{} (expected: a lease that covers both)", this);
        }
    }
}
