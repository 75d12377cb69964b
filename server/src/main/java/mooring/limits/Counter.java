package mooring.limits;

import java.time.Duration;
import java.time.Instant;
import mooring.problem.LimitKind;
import mooring.problem.LimitScope;
import mooring.problem.Problem;
import mooring.time.Period;
import org.jspecify.annotations.Nullable;

/// What one subject uses at this moment. Each call takes its lock for some tens of nanoseconds.
final class Counter {

    /// What a caller waits whose concurrent requests may end at any moment.
    private static final Duration CONCURRENCY_RETRY = Duration.ofSeconds(1);

    /// What a request took here, so that it can be given back.
    ///
    /// @param requestStep, tokenStep steps in the windows, -1 where nothing was counted
    /// @param day the day whose tokens were counted, null where none were
    record Taken(long requestStep, long tokenStep, @Nullable Period day) {}

    private final LimitScope scope;
    private final Window requests = new Window();
    private final Window tokens = new Window();
    private long running;
    private @Nullable Period day;
    private long dayTokens;
    private volatile @Nullable Period earlierAskedOf;
    private boolean dropped;

    Counter(LimitScope scope) {
        this.scope = scope;
    }

    /// Takes a request's place into `permit` where every limit has room for it; else says which has
    /// not, and counts nothing. The permit stays without this counter when it was just dropped.
    synchronized Problem.@Nullable LimitReached take(Limits limits, Ask ask, Permit permit) {
        if (dropped) {
            return null;
        }
        long nanos = ask.nanos();
        if (running >= limits.concurrency()) {
            return refused(
                    LimitKind.CONCURRENCY, limits.concurrency(), running, 1, CONCURRENCY_RETRY);
        }
        long rpm = limits.requestsPerMinute();
        if (rpm != Limits.NONE && requests.used(nanos) >= rpm) {
            long over = requests.used(nanos) + 1 - rpm;
            return refused(
                    LimitKind.RPM,
                    rpm,
                    requests.used(nanos),
                    1,
                    Duration.ofNanos(requests.nanosUntil(nanos, over)));
        }
        long tpm = limits.tokensPerMinute();
        if (tpm != Limits.NONE && tokens.used(nanos) > tpm - ask.tokens()) {
            long over = tokens.used(nanos) - (tpm - ask.tokens());
            return refused(
                    LimitKind.TPM,
                    tpm,
                    tokens.used(nanos),
                    ask.tokens(),
                    Duration.ofNanos(tokens.nanosUntil(nanos, over)));
        }
        long tpd = limits.tokensPerDay();
        if (tpd != Limits.NONE) {
            enter(ask.day());
            if (dayTokens > tpd - ask.tokens()) {
                return refused(
                        LimitKind.TPD,
                        tpd,
                        dayTokens,
                        ask.tokens(),
                        Duration.between(ask.now(), ask.day().to()));
            }
        }
        running++;
        long requestStep = rpm == Limits.NONE ? -1 : requests.add(nanos, 1, rpm);
        long tokenStep = tpm == Limits.NONE ? -1 : tokens.add(nanos, ask.tokens(), tpm);
        if (tpd != Limits.NONE) {
            dayTokens += ask.tokens();
        }
        permit.took(this, new Taken(requestStep, tokenStep, tpd == Limits.NONE ? null : day));
        tell(limits, ask, permit);
        return null;
    }

    /// Whether what was used earlier of this day has still to be asked for; says so once.
    boolean lacksEarlierOf(Period today) {
        return !today.equals(earlierAskedOf) && askEarlierOf(today);
    }

    private synchronized boolean askEarlierOf(Period today) {
        if (today.equals(earlierAskedOf)) {
            return false;
        }
        earlierAskedOf = today;
        return true;
    }

    /// Adds what was used of a day before anything was counted here.
    synchronized void addEarlier(Period of, long tokens) {
        if (of.equals(day)) {
            dayTokens += tokens;
        }
    }

    /// What was used earlier could not be had: the next request asks once more.
    void missedEarlier() {
        earlierAskedOf = null;
    }

    /// A request has ended: its place is free, and so are the tokens that it did not use.
    synchronized void end(Taken taken, long unusedTokens) {
        running--;
        if (taken.tokenStep() >= 0) {
            tokens.giveBack(taken.tokenStep(), unusedTokens);
        }
        Period counted = taken.day();
        if (counted != null && counted.equals(day)) {
            dayTokens -= unusedTokens;
        }
    }

    /// A request never ran after all: it counts nowhere.
    synchronized void undo(Taken taken, long askedTokens) {
        end(taken, askedTokens);
        if (taken.requestStep() >= 0) {
            requests.giveBack(taken.requestStep(), 1);
        }
    }

    /// Ends this counter if nothing is counted in it; from then on it takes no request.
    synchronized boolean dropIfIdle(long nanos, Instant now) {
        dropped =
                running == 0
                        && requests.used(nanos) == 0
                        && tokens.used(nanos) == 0
                        && (day == null || dayTokens == 0 || !now.isBefore(day.to()));
        return dropped;
    }

    private void enter(Period today) {
        if (!today.equals(day)) {
            // A request that was on its way over midnight does not reopen the day before.
            if (day != null && today.from().isBefore(day.from())) {
                return;
            }
            day = today;
            dayTokens = 0;
        }
    }

    private void tell(Limits limits, Ask ask, Permit permit) {
        long rpm = limits.requestsPerMinute();
        if (rpm != Limits.NONE) {
            permit.requestsLeft(
                    rpm, rpm - requests.used(ask.nanos()), requests.nanosUntilEmpty(ask.nanos()));
        }
        long tpm = limits.tokensPerMinute();
        if (tpm != Limits.NONE) {
            permit.tokensLeft(
                    tpm, tpm - tokens.used(ask.nanos()), tokens.nanosUntilEmpty(ask.nanos()));
        }
        long tpd = limits.tokensPerDay();
        if (tpd != Limits.NONE) {
            permit.tokensLeft(
                    tpd, tpd - dayTokens, Duration.between(ask.now(), ask.day().to()).toNanos());
        }
    }

    private Problem.LimitReached refused(
            LimitKind kind, long limit, long current, long requested, Duration resetAfter) {
        return new Problem.LimitReached(scope, kind, limit, current, requested, resetAfter);
    }
}
