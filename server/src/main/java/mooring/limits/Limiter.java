package mooring.limits;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.problem.Problem;
import mooring.time.Clock;
import mooring.time.Period;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts what everybody uses at this moment, and refuses what would go beyond a limit. All in
/// memory, for any thread; nothing waits.
public final class Limiter {

    /// Who asks, for which model.
    public record Caller(
            OrganizationId organization,
            ProjectId project,
            KeyId key,
            ModelId model,
            LimitStanding standing) {}

    /// How often one request asks other nodes for a share.
    private static final int MAX_ASKS = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Limiter.class);

    private final LimitTable table;
    private final Clock clock;
    private final DayUse dayUse;
    private final Executor blocking;
    private final Instant startedAt;
    private final ConcurrentMap<Subject, Counter> counters = new ConcurrentHashMap<>();
    private final @Nullable SharedLimits nodes;

    /// @param dayUse what was used of the day when this process began
    /// @param blocking asks for it, on threads that may block
    public Limiter(LimitTable table, Clock clock, DayUse dayUse, Executor blocking) {
        this.table = table;
        this.clock = clock;
        this.dayUse = dayUse;
        this.blocking = blocking;
        this.startedAt = clock.now();
        this.nodes = null;
    }

    /// One of several nodes, which share every limit.
    ///
    /// @param known how many there are, as far as is known before the store was reached
    public Limiter(
            LimitTable table,
            Clock clock,
            DayUse dayUse,
            Executor blocking,
            ShareStore store,
            int known) {
        this.table = table;
        this.clock = clock;
        this.dayUse = dayUse;
        this.blocking = blocking;
        this.startedAt = clock.now();
        this.nodes = new SharedLimits(store, clock, counters, dayUse, blocking, known);
    }

    /// Takes a request's place in the limits of its organization, project and key, and of the
    /// organization with the model; in all of them or in none.
    ///
    /// @param tokens of the prompt and of the longest answer together
    public LimitDecision admit(Caller caller, Instant now, long tokens) {
        return admit(caller, now, tokens, 1);
    }

    private LimitDecision admit(Caller caller, Instant now, long tokens, int attempt) {
        LimitStanding standing = caller.standing();
        if (table.unlimited() && standing.own().isEmpty()) {
            return new LimitDecision.Granted(Permit.unlimited());
        }
        Permit permit = new Permit(tokens);
        Ask ask = new Ask(tokens, clock.monotonicNanos(), now, standing.days().at(now));
        Subject organization = Subject.of(caller.organization());
        Problem.LimitReached reached =
                take(
                        caller,
                        organization,
                        table.ofOrganization(standing, organization),
                        ask,
                        permit);
        if (reached == null && !(table.models().isEmpty() && standing.own().isEmpty())) {
            reached = parts(caller, ask, permit);
        }
        if (reached != null) {
            permit.retract();
            return permit.isShortOfShare() && nodes != null && attempt <= MAX_ASKS
                    ? ask(nodes, caller, now, tokens, attempt, reached)
                    : new LimitDecision.Refused(reached);
        }
        return new LimitDecision.Granted(permit);
    }

    private LimitDecision ask(
            SharedLimits among,
            Caller caller,
            Instant now,
            long tokens,
            int attempt,
            Problem.LimitReached reached) {
        CompletionStage<Void> asked = among.ask();
        return asked == null
                ? new LimitDecision.Refused(reached)
                : new LimitDecision.Waiting(
                        asked.thenApply(_ -> admit(caller, now, tokens, attempt + 1)));
    }

    private Problem.@Nullable LimitReached parts(Caller caller, Ask ask, Permit permit) {
        LimitStanding standing = caller.standing();
        Subject model = Subject.of(caller.organization(), caller.model());
        Problem.LimitReached reached =
                take(caller, model, table.ofModel(standing, model), ask, permit);
        if (reached == null && !standing.own().isEmpty()) {
            Subject project = Subject.of(caller.project());
            reached = take(caller, project, standing.own(project), ask, permit);
            if (reached == null) {
                Subject key = Subject.of(caller.key());
                reached = take(caller, key, standing.own(key), ask, permit);
            }
        }
        return reached;
    }

    private Problem.@Nullable LimitReached take(
            Caller caller, Subject subject, Limits limits, Ask ask, Permit permit) {
        if (!limits.any()) {
            return null;
        }
        int before = permit.places();
        while (true) {
            Counter counter = counters.get(subject);
            if (counter == null) {
                counter =
                        counters.computeIfAbsent(
                                subject, _ -> new Counter(caller.organization(), subject, nodes));
            }
            Problem.LimitReached reached = counter.take(limits, ask, permit);
            if (reached != null || permit.places() > before) {
                if (nodes == null
                        && limits.tokensPerDay() != Limits.NONE
                        && ask.day().from().isBefore(startedAt)
                        && counter.lacksEarlierOf(ask.day())) {
                    addEarlier(caller.organization(), subject, counter, ask.day());
                }
                return reached;
            }
            // Dropped as idle at this very moment: the next one is a fresh one.
            counters.remove(subject, counter);
        }
    }

    /// Counts what was used of the day before this process began. Until that is known, the day
    /// begins at nothing: some milliseconds, or as long as the store is away.
    private void addEarlier(
            OrganizationId organization, Subject subject, Counter counter, Period day) {
        blocking.execute(
                () -> {
                    try {
                        counter.addEarlier(
                                day, dayUse.tokens(organization, subject, day.from(), startedAt));
                    } catch (RuntimeException e) {
                        LOG.warn("what {} used today is not known yet: {}", subject, e.toString());
                        counter.missedEarlier();
                    }
                });
    }

    /// Forgets those who use nothing. Called every few seconds.
    public void sweep(Instant now) {
        long nanos = clock.monotonicNanos();
        counters.forEach(
                (subject, counter) -> {
                    if (counter.dropIfIdle(nanos, now)) {
                        counters.remove(subject, counter);
                    }
                });
    }

    /// With whom the limits are shared; null when this is the only node.
    public @Nullable SharedLimits nodes() {
        return nodes;
    }

    /// How many are counted at this moment.
    public int subjects() {
        return counters.size();
    }

    /// The operator's limits.
    public LimitTable table() {
        return table;
    }
}
