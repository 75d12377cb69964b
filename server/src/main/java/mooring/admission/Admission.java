package mooring.admission;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import mooring.accounts.Principal;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.ledger.ActiveBudget;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.Holds;
import mooring.ledger.Purse;
import mooring.limits.KnownStandings;
import mooring.limits.LimitDecision;
import mooring.limits.Limiter;
import mooring.limits.Permit;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.rating.PromptBound;
import mooring.rating.Rating;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Decides whether a request may run: the model and its rules, the window, the limits and the
/// money.
///
/// The prompt is bounded cheaply; the engine's own tokenizer is asked only when that bound comes
/// near the window or the money is short.
public final class Admission {

    private static final Duration STORE_RETRY_AFTER = Duration.ofSeconds(2);

    /// Within this share of the window an estimate is not good enough: nine tenths.
    private static final long NEAR_WINDOW_TENTHS = 9;

    private final Catalog catalog;
    private final Prices prices;
    private final Holds holds;
    private final Limiter limiter;
    private final KnownStandings standings;
    private final PromptCounter counter;
    private final Clock clock;
    private final long holdAheadTokens;
    private final Map<ModelId, PromptEstimate> estimates = new ConcurrentHashMap<>();

    /// @param holdAheadTokens output tokens per choice that a stream's hold covers ahead
    public Admission(
            Catalog catalog,
            Prices prices,
            Holds holds,
            Limiter limiter,
            KnownStandings standings,
            PromptCounter counter,
            Clock clock,
            long holdAheadTokens) {
        this.catalog = catalog;
        this.prices = prices;
        this.holds = holds;
        this.limiter = limiter;
        this.standings = standings;
        this.counter = counter;
        this.clock = clock;
        this.holdAheadTokens = holdAheadTokens;
    }

    /// Fails with [ProblemException] when the request may not run; nothing is held or counted then.
    ///
    /// @param streamed a stream's hold grows while it runs; any other answer is held for in full,
    ///   since it could not be ended in the middle
    public Future<Admitted> admit(
            RequestId id, Principal principal, Request request, boolean streamed) {
        Model model = catalog.find(request.model());
        if (model == null) {
            return refused(new Problem.ModelNotFound(request.model().text()));
        }
        Instant admittedAt = clock.now();
        PriceVersion version = prices.forOrganization(principal.organization(), admittedAt);
        ModelPrice price = version == null ? null : version.price(model.id());
        if (version == null || price == null) {
            return refused(new Problem.ModelNotPriced(model.id().text()));
        }
        if (!version.currency().equals(principal.currency())) {
            return refused(new Problem.ModelNotPriced(model.id().text()));
        }
        try {
            ModelRules.check(request, model);
        } catch (ProblemException e) {
            return Future.failedFuture(e);
        }
        if (!price.offers(request.tier())) {
            return refused(new Problem.ModelNotPriced(model.id().text()));
        }
        Problem beyond = PromptEstimate.beyond(request, model);
        if (beyond != null) {
            // No engine need count that.
            return refused(beyond);
        }
        Terms terms =
                new Terms(id, principal, request, model, version, price, admittedAt, streamed);
        long bound =
                Math.addExact(
                        estimate(model.id()).upperBound(request),
                        (long) request.images() * model.imageTokens());
        long wanted = wanted(request, model);
        // Of several prompts each has the window for itself, and the engine knows which is too
        // long. What a picture becomes only an engine that looks at it knows.
        if (request.task().several()
                || request.images() > 0
                || (bound + wanted) * 10 <= model.contextLength() * NEAR_WINDOW_TENTHS) {
            return hold(terms, bound, false);
        }
        return exactly(terms, bound);
    }

    /// The output tokens of one choice, as far as the window leaves room.
    private static long wanted(Request request, Model model) {
        if (!request.task().generates()) {
            return 0;
        }
        return request.maxTokens() == null
                ? Math.min(model.defaultMaxTokens(), model.maxOutputTokens())
                : request.maxTokens();
    }

    /// Learns from an engine's count of a prompt.
    public void observe(Request request, long promptTokens) {
        estimate(request.model()).observe(request, promptTokens);
    }

    private Future<Admitted> exactly(Terms terms, long bound) {
        return counter.count(terms.request())
                .map(exact -> new Counted(exact, true))
                .otherwise(_ -> new Counted(bound, false))
                .compose(
                        counted -> {
                            Problem outside =
                                    counted.exact() ? outside(terms, counted.tokens()) : null;
                            return outside != null
                                    ? refused(outside)
                                    : hold(terms, counted.tokens(), counted.exact());
                        });
    }

    private record Counted(long tokens, boolean exact) {}

    private static @Nullable Problem outside(Terms terms, long prompt) {
        return outside(terms.request(), terms.model(), prompt);
    }

    /// What an exactly counted prompt is told that leaves no room for its answer.
    static @Nullable Problem outside(Request request, Model model, long prompt) {
        long window = model.contextLength();
        Long wanted = request.maxTokens();
        if (prompt + 1 > window) {
            return new Problem.ContextLengthExceeded(
                    "messages",
                    "messages: "
                            + prompt
                            + " tokens (expected: fewer than the model's window of "
                            + window
                            + " tokens; shorten the prompt)");
        }
        if (wanted != null && prompt + wanted > window) {
            return new Problem.ContextLengthExceeded(
                    "max_tokens",
                    "max_tokens: "
                            + wanted
                            + " (expected: at most "
                            + (window - prompt)
                            + ", since the prompt has "
                            + prompt
                            + " of the window's "
                            + window
                            + " tokens)");
        }
        return null;
    }

    private Future<Admitted> hold(Terms terms, long prompt, boolean exact) {
        Request request = terms.request();
        // A mere bound of the prompt may cut nothing off an answer: the engine knows the window
        // too.
        long rest =
                exact && !request.task().several()
                        ? terms.model().contextLength() - prompt
                        : Long.MAX_VALUE;
        long wanted = wanted(request, terms.model());
        long maxTokens = request.maxTokens() == null ? Math.min(wanted, rest) : wanted;
        return within(
                terms,
                prompt,
                exact,
                maxTokens,
                limited(terms, Math.addExact(prompt, terms.output(maxTokens))));
    }

    private Future<Admitted> within(
            Terms terms, long prompt, boolean exact, long maxTokens, LimitDecision decision) {
        return switch (decision) {
            case LimitDecision.Refused(Problem.LimitReached reached) ->
                    reached.neverFits() && !exact ? exactlyOr(terms, reached) : refused(reached);
            case LimitDecision.Granted(Permit permit) ->
                    hold(terms, prompt, exact, maxTokens, permit);
            case LimitDecision.Waiting(var later) ->
                    Future.fromCompletionStage(later, Vertx.currentContext())
                            .compose(answer -> within(terms, prompt, exact, maxTokens, answer));
        };
    }

    /// Gives the place in the limits back if there is no money for it.
    private Future<Admitted> hold(
            Terms terms, long prompt, boolean exact, long maxTokens, Permit permit) {
        try {
            return paid(terms, prompt, exact, maxTokens, permit).onFailure(_ -> permit.undo());
        } catch (RuntimeException e) {
            permit.undo();
            throw e;
        }
    }

    private LimitDecision limited(Terms terms, long tokens) {
        Principal principal = terms.principal();
        return limiter.admit(
                new Limiter.Caller(
                        principal.organization(),
                        principal.project(),
                        principal.key(),
                        terms.model().id(),
                        standings.of(principal.organization())),
                terms.admittedAt(),
                tokens);
    }

    private Future<Admitted> paid(
            Terms terms, long prompt, boolean exact, long maxTokens, Permit permit) {
        Request request = terms.request();
        long ahead = terms.streamed() ? Math.min(maxTokens, holdAheadTokens) : maxTokens;
        long heldOutput = Math.multiplyExact(request.choices(), ahead);
        Money amount =
                Rating.upperBound(
                        exact ? PromptBound.exactly(prompt) : PromptBound.upTo(prompt),
                        heldOutput,
                        terms.price().callsOfARequest(),
                        request.tier(),
                        terms.price(),
                        terms.version().currency());
        List<Purse.OfBudget> budgets = purses(terms.principal(), terms.admittedAt());
        Admitted admitted =
                new Admitted(
                        terms.id(),
                        terms.principal(),
                        request,
                        terms.model(),
                        terms.version(),
                        terms.price(),
                        terms.admittedAt(),
                        maxTokens,
                        prompt,
                        heldOutput,
                        permit,
                        new Hold(terms.id(), terms.principal().wallet(), budgets, amount));
        if (!amount.positive()) {
            return Future.succeededFuture(admitted);
        }
        return decide(
                terms,
                admitted,
                exact,
                holds.place(terms.id(), terms.principal().wallet(), budgets, amount));
    }

    private Future<Admitted> decide(
            Terms terms, Admitted admitted, boolean exact, HoldDecision decision) {
        return switch (decision) {
            case HoldDecision.Granted _ -> Future.succeededFuture(admitted);
            case HoldDecision.Waiting(var later) ->
                    Future.fromCompletionStage(later, Vertx.currentContext())
                            .compose(answer -> decide(terms, admitted, exact, answer));
            case HoldDecision.Unavailable _ ->
                    refused(new Problem.StoreUnavailable(STORE_RETRY_AFTER));
            case HoldDecision.Refused refused ->
                    exact || !refused.available().positive()
                            ? refused(refusal(terms.principal(), refused, admitted.hold().amount()))
                            : retryExactly(terms, admitted, refused);
        };
    }

    /// The money is short for the bound; the exact count may still fit.
    private Future<Admitted> retryExactly(
            Terms terms, Admitted bound, HoldDecision.Refused refused) {
        // The exact count takes a place of its own.
        bound.permit().undo();
        return exactlyOr(terms, refusal(terms.principal(), refused, bound.hold().amount()));
    }

    /// Once more by the engine's own count; without one, this is why not.
    private Future<Admitted> exactlyOr(Terms terms, Problem otherwise) {
        return counter.count(terms.request())
                .<Future<Admitted>>map(exact -> hold(terms, exact, true))
                .otherwise(_ -> refused(otherwise))
                .compose(result -> result);
    }

    /// Why a request is refused that one purse cannot carry.
    ///
    /// @param required the most that it can cost, as far as it was to be set aside
    public static Problem refusal(
            Principal principal, HoldDecision.Refused refused, Money required) {
        Problem budget = budgetExceeded(principal, refused);
        return budget == null
                ? new Problem.InsufficientQuota(refused.available(), required)
                : budget;
    }

    /// Why an answer ends under way that one purse can carry no further.
    public static Problem exhausted(Principal principal, HoldDecision.Refused refused) {
        Problem budget = budgetExceeded(principal, refused);
        return budget == null ? new Problem.QuotaExhausted(refused.available()) : budget;
    }

    private static @Nullable Problem budgetExceeded(
            Principal principal, HoldDecision.Refused refused) {
        if (refused.purse() instanceof Purse.OfBudget purse) {
            for (ActiveBudget budget : principal.budgets()) {
                if (budget.id().equals(purse.budget())) {
                    return budget.exceeded(purse, refused.available());
                }
            }
        }
        return null;
    }

    private static List<Purse.OfBudget> purses(Principal principal, Instant admittedAt) {
        List<ActiveBudget> budgets = principal.budgets();
        if (budgets.isEmpty()) {
            return List.of();
        }
        List<Purse.OfBudget> purses = new ArrayList<>(budgets.size());
        for (ActiveBudget budget : budgets) {
            purses.add(budget.purse(admittedAt));
        }
        return purses;
    }

    private PromptEstimate estimate(ModelId model) {
        return estimates.computeIfAbsent(model, _ -> new PromptEstimate());
    }

    private static <T> Future<T> refused(Problem problem) {
        return Future.failedFuture(new ProblemException(problem));
    }

    /// What is fixed while the prompt's size and the hold are worked out.
    private record Terms(
            RequestId id,
            Principal principal,
            Request request,
            Model model,
            PriceVersion version,
            ModelPrice price,
            Instant admittedAt,
            boolean streamed) {

        /// The tokens of all choices together.
        long output(long maxTokens) {
            return Math.multiplyExact(request.choices(), maxTokens);
        }
    }
}
