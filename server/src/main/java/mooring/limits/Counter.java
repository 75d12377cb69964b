package mooring.limits;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import mooring.ids.OrganizationId;
import mooring.problem.LimitKind;
import mooring.problem.Problem;
import mooring.time.Period;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What one subject uses at this moment. Each call takes its lock for some tens of nanoseconds.
final class Counter {

    /// What a caller waits whose concurrent requests may end at any moment.
    private static final Duration CONCURRENCY_RETRY = Duration.ofSeconds(1);

    /// What a request took here, so that it can be given back.
    ///
    /// @param requestStep, tokenStep steps in the windows, -1 where nothing was counted
    /// @param day the day whose tokens were counted, null where none were
    record Taken(long requestStep, long tokenStep, @Nullable Period day) {}

    private static final Logger LOG = LoggerFactory.getLogger(Counter.class);

    private final OrganizationId organization;
    private final Subject subject;
    private final @Nullable SharedLimits nodes;
    private final Share[] shares;
    private final Window requests = new Window();
    private final Window tokens = new Window();
    private long running;
    private @Nullable Period day;
    private long dayTokens;
    private volatile @Nullable Period earlierAskedOf;
    private boolean dropped;

    /// @param organization the subject's own
    /// @param nodes with whom the limits are shared, null when this is the only node
    Counter(OrganizationId organization, Subject subject, @Nullable SharedLimits nodes) {
        this.organization = organization;
        this.subject = subject;
        this.nodes = nodes;
        this.shares =
                nodes == null
                        ? new Share[0]
                        : new Share[] {
                            new Share(LimitKind.CONCURRENCY),
                            new Share(LimitKind.RPM),
                            new Share(LimitKind.TPM),
                            new Share(LimitKind.TPD)
                        };
    }

    /// Takes a request's place into `permit` where every limit has room for it; else says which has
    /// not, and counts nothing. The permit stays without this counter when it was just dropped.
    synchronized Problem.@Nullable LimitReached take(Limits limits, Ask ask, Permit permit) {
        if (dropped) {
            return null;
        }
        if (nodes != null) {
            Problem.LimitReached lacking = lacking(nodes, limits, ask, permit);
            if (lacking != null) {
                return lacking;
            }
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
        for (Share share : shares) {
            share.took(share.amount(ask));
        }
        long requestStep = rpm == Limits.NONE ? -1 : requests.add(nanos, 1, rpm);
        long tokenStep = tpm == Limits.NONE ? -1 : tokens.add(nanos, ask.tokens(), tpm);
        if (tpd != Limits.NONE) {
            dayTokens += ask.tokens();
        }
        permit.took(this, new Taken(requestStep, tokenStep, tpd == Limits.NONE ? null : day));
        tell(limits, ask, permit);
        return null;
    }

    /// What this node's shares have no room for; `permit` says whether others may give some. Every
    /// kind is asked, so that one exchange brings all that a request needs.
    private Problem.@Nullable LimitReached lacking(
            SharedLimits among, Limits limits, Ask ask, Permit permit) {
        if (limits.tokensPerDay() != Limits.NONE) {
            enter(ask.day());
            share(LimitKind.TPD).enter(ask.day());
        }
        Problem.LimitReached lacking = null;
        for (Share share : shares) {
            long limit = limits.of(share.kind());
            long used = used(share.kind(), ask.nanos());
            switch (share.room(among, limit, used, share.amount(ask), ask.nanos())) {
                case YES -> {}
                case ASK -> {
                    permit.lacksShare();
                    lacking = lacking == null ? lacking(share, limit, used, ask) : lacking;
                }
                case NO -> {
                    permit.lacksNothing();
                    return lacking(share, limit, used, ask);
                }
            }
        }
        return lacking;
    }

    private Problem.LimitReached lacking(Share share, long limit, long used, Ask ask) {
        long amount = share.amount(ask);
        long over = Math.max(1, used + share.othersUsed() + amount - limit);
        Duration reset =
                switch (share.kind()) {
                    case CONCURRENCY -> CONCURRENCY_RETRY;
                    case RPM -> soonest(requests, ask.nanos(), over);
                    case TPM -> soonest(tokens, ask.nanos(), over);
                    case TPD -> Duration.between(ask.now(), ask.day().to());
                };
        return refused(share.kind(), limit, used + share.othersUsed(), amount, reset);
    }

    /// When this node's own uses make room; others' may leave before them.
    private static Duration soonest(Window window, long nanos, long over) {
        long own = window.nanosUntil(nanos, over);
        return own == 0 ? CONCURRENCY_RETRY : Duration.ofNanos(own);
    }

    private long used(LimitKind kind, long nanos) {
        return switch (kind) {
            case CONCURRENCY -> running;
            case RPM -> requests.used(nanos);
            case TPM -> tokens.used(nanos);
            case TPD -> dayTokens;
        };
    }

    private Share share(LimitKind kind) {
        return switch (kind) {
            case CONCURRENCY -> shares[0];
            case RPM -> shares[1];
            case TPM -> shares[2];
            case TPD -> shares[3];
        };
    }

    /// Tells what this node claims of each limit that has anything to tell.
    synchronized void claim(
            long nanos, Instant now, boolean all, BiConsumer<Share, ShareClaim> claims) {
        if (dropped) {
            return;
        }
        for (Share share : shares) {
            if (share.due(nanos, all)) {
                long used = used(share.kind(), nanos);
                List<Long> leave =
                        !share.exact()
                                ? List.of()
                                : switch (share.kind()) {
                                    case RPM -> requests.leaveMillis(nanos);
                                    case TPM -> tokens.leaveMillis(nanos);
                                    case CONCURRENCY, TPD -> List.of();
                                };
                Period counted = day;
                long dayEnds = counted == null ? 0 : Duration.between(now, counted.to()).toMillis();
                claims.accept(share, share.claim(subject, used, leave, nanos, dayEnds));
            }
        }
    }

    synchronized void granted(
            Share share, ShareClaim claim, ShareGrant grant, int version, long nanos) {
        share.granted(claim, grant, version, nanos);
    }

    /// The store is back after it was away.
    synchronized void back(long nanos) {
        for (Share share : shares) {
            share.back(used(share.kind(), nanos));
        }
    }

    /// Asks the books what all nodes used of the day.
    void askEarlier(Share share, DayUse dayUse, Executor blocking, Instant until) {
        Period today = day;
        if (today == null || !askEarlierOf(today)) {
            return;
        }
        blocking.execute(
                () -> {
                    try {
                        long earlier = dayUse.tokens(organization, subject, today.from(), until);
                        synchronized (this) {
                            share.earlier(today, earlier);
                        }
                    } catch (RuntimeException e) {
                        LOG.warn("what {} used today is not known yet: {}", subject, e.toString());
                        missedEarlier();
                    }
                });
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
        if (nodes != null && share(LimitKind.CONCURRENCY).exact()) {
            share(LimitKind.CONCURRENCY).freed();
            nodes.soon();
        }
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

    /// The same at once, before anything else: what other nodes gave for it is there for the next.
    synchronized void retract(Taken taken, long askedTokens) {
        undo(taken, askedTokens);
        if (nodes != null) {
            share(LimitKind.RPM).retract(taken.requestStep() >= 0 ? 1 : 0);
            share(LimitKind.TPM).retract(taken.tokenStep() >= 0 ? askedTokens : 0);
        }
    }

    /// Ends this counter if nothing is counted in it; from then on it takes no request.
    synchronized boolean dropIfIdle(long nanos, Instant now) {
        dropped =
                running == 0
                        && requests.used(nanos) == 0
                        && tokens.used(nanos) == 0
                        && (day == null || dayTokens == 0 || !now.isBefore(day.to()))
                        && Arrays.stream(shares).allMatch(Share::unclaimed);
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
                    rpm,
                    rpm - requests.used(ask.nanos()) - others(LimitKind.RPM),
                    requests.nanosUntilEmpty(ask.nanos()));
        }
        long tpm = limits.tokensPerMinute();
        if (tpm != Limits.NONE) {
            permit.tokensLeft(
                    tpm,
                    tpm - tokens.used(ask.nanos()) - others(LimitKind.TPM),
                    tokens.nanosUntilEmpty(ask.nanos()));
        }
        long tpd = limits.tokensPerDay();
        if (tpd != Limits.NONE) {
            permit.tokensLeft(
                    tpd,
                    tpd - dayTokens - others(LimitKind.TPD),
                    Duration.between(ask.now(), ask.day().to()).toNanos());
        }
    }

    private long others(LimitKind kind) {
        return nodes == null ? 0 : share(kind).othersUsed();
    }

    private Problem.LimitReached refused(
            LimitKind kind, long limit, long current, long requested, Duration resetAfter) {
        return new Problem.LimitReached(
                subject.scope(), kind, limit, current, requested, resetAfter);
    }
}
