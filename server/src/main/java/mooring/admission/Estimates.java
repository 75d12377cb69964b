package mooring.admission;

import io.vertx.core.Future;
import java.time.Instant;
import mooring.accounts.Principal;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.inference.Request;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.rating.PromptBound;
import mooring.rating.Rating;
import mooring.time.Clock;

/// Says what a request would cost at most, by the rules that admit it, and sets nothing aside.
public final class Estimates {

    /// Above this an engine's tokenizer is not asked for a mere estimate.
    private static final long MAX_COUNTED_BYTES = 1 << 20;

    private final Catalog catalog;
    private final Prices prices;
    private final PromptCounter counter;
    private final Clock clock;

    public Estimates(Catalog catalog, Prices prices, PromptCounter counter, Clock clock) {
        this.catalog = catalog;
        this.prices = prices;
        this.counter = counter;
        this.clock = clock;
    }

    /// Fails with [ProblemException] where the request itself would be refused for its form, its
    /// model or its length.
    public Future<CostEstimate> of(Principal principal, Request request) {
        Model model = catalog.find(request.model());
        if (model == null) {
            return refused(new Problem.ModelNotFound(request.model().text()));
        }
        Instant at = clock.now();
        PriceVersion version = prices.forOrganization(principal.organization(), at);
        ModelPrice price = version == null ? null : version.price(model.id());
        if (version == null
                || price == null
                || !version.currency().equals(principal.currency())
                || (model.tiers().contains(request.tier()) && !price.offers(request.tier()))) {
            return refused(new Problem.ModelNotPriced(model.id().text()));
        }
        try {
            ModelRules.check(request, model);
        } catch (ProblemException e) {
            return Future.failedFuture(e);
        }
        if (request.promptBytes() > MAX_COUNTED_BYTES) {
            return bounded(request, model, version, price);
        }
        return counter.count(request)
                .compose(
                        tokens -> {
                            Problem outside = Admission.outside(request, model, tokens);
                            return outside == null
                                    ? Future.succeededFuture(
                                            estimate(request, model, version, price, tokens, true))
                                    : refused(outside);
                        },
                        _ -> bounded(request, model, version, price));
    }

    /// No engine counted it: every byte a token at most.
    private static Future<CostEstimate> bounded(
            Request request, Model model, PriceVersion version, ModelPrice price) {
        long bound =
                new PromptEstimate().upperBound(request)
                        + (long) request.images() * model.imageTokens();
        long tokens = Math.min(bound, model.contextLength());
        return Future.succeededFuture(estimate(request, model, version, price, tokens, false));
    }

    private static CostEstimate estimate(
            Request request,
            Model model,
            PriceVersion version,
            ModelPrice price,
            long prompt,
            boolean exact) {
        long rest = exact ? model.contextLength() - prompt : Long.MAX_VALUE;
        long maxTokens =
                request.maxTokens() == null
                        ? Math.min(
                                Math.min(model.defaultMaxTokens(), model.maxOutputTokens()), rest)
                        : request.maxTokens();
        return new CostEstimate(
                model.id(),
                request.tier(),
                prompt,
                exact,
                maxTokens,
                request.choices(),
                Rating.upperBoundCharge(
                        exact ? PromptBound.exactly(prompt) : PromptBound.upTo(prompt),
                        Math.multiplyExact(request.choices(), maxTokens),
                        price.callsOfARequest(),
                        request.tier(),
                        price,
                        version.currency()),
                version);
    }

    private static <T> Future<T> refused(Problem problem) {
        return Future.failedFuture(new ProblemException(problem));
    }
}
