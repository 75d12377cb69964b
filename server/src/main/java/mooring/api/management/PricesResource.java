package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import mooring.api.management.PricePublisher.Publication;
import mooring.api.openai.PricingJson;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceChange;
import mooring.catalog.PriceDiff;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.inference.ModelId;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The price versions in force, those to come, and what the price file would change.
final class PricesResource {

    private final Prices prices;
    private final PricePublisher publisher;
    private final IdempotentWrites writes;
    private final Clock clock;

    PricesResource(Prices prices, PricePublisher publisher, IdempotentWrites writes, Clock clock) {
        this.prices = prices;
        this.publisher = publisher;
        this.writes = writes;
        this.clock = clock;
    }

    Answer read(Call call) {
        String list = call.word("list", PriceVersion.DEFAULT_LIST);
        Instant at = call.instant("at");
        PriceVersion version =
                publisher
                        .version(list, at)
                        .orElseThrow(
                                () ->
                                        new ProblemException(
                                                new Problem.NotFound(
                                                        "list \""
                                                                + list
                                                                + "\": no prices in force then"
                                                                + " (expected: POST"
                                                                + " /api/v1/prices/publish"
                                                                + " first)")));
        ObjectNode form = form(version);
        publisher.unpublishedChanges().forEach(form.withArray("unpublished_changes")::add);
        return Answer.ok(form);
    }

    Answer diff(Call call) {
        PricePublisher.Review review = publisher.review(call.instant("effective_from"));
        ObjectNode form = Shapes.object();
        ArrayNode data = form.putArray("data");
        review.diffs().forEach(diff -> diff.changes().forEach(change -> write(data, diff, change)));
        ArrayNode currencies = form.putArray("currencies");
        for (PriceDiff diff : review.diffs()) {
            if (diff.before() != null && !diff.before().equals(diff.after())) {
                currencies
                        .addObject()
                        .put("list", diff.list())
                        .put("old", diff.before().code())
                        .put("new", diff.after().code());
            }
        }
        review.problems().forEach(form.putArray("problems")::add);
        return Answer.ok(form);
    }

    Answer publish(Call call) {
        Instant effectiveFrom = call.instant("effective_from");
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () ->
                        switch (publisher.publish(effectiveFrom)) {
                            case Publication.Published(List<PriceVersion> versions) ->
                                    Answer.created(published(versions.getFirst(), versions));
                            case Publication.Unchanged(PriceVersion version) ->
                                    Answer.ok(published(version, List.of()));
                            case Publication.Refused(List<String> problems) ->
                                    throw new ProblemException(
                                            new Problem.InvalidRequest(
                                                    null,
                                                    "the price file was not published: "
                                                            + String.join("; ", problems)));
                        });
    }

    private ObjectNode published(PriceVersion shown, List<PriceVersion> versions) {
        ObjectNode form = form(shown);
        ArrayNode heads = form.putArray("published");
        versions.forEach(version -> heads.add(head(version)));
        return form;
    }

    private ObjectNode form(PriceVersion version) {
        ObjectNode form = head(version);
        ArrayNode data = form.putArray("data");
        version.prices().entrySet().stream()
                .sorted(
                        Comparator.comparing(
                                (Map.Entry<ModelId, ModelPrice> entry) -> entry.getKey().text()))
                .forEach(
                        entry ->
                                data.addObject()
                                        .put("model", entry.getKey().text())
                                        .set(
                                                "pricing",
                                                PricingJson.write(
                                                        entry.getValue(), version.currency())));
        form.putArray("unpublished_changes");
        ArrayNode next = form.putArray("next");
        prices.snapshot().next(version.list(), clock.now()).forEach(later -> next.add(head(later)));
        return form;
    }

    private static ObjectNode head(PriceVersion version) {
        return Shapes.object()
                .put("id", version.id().toString())
                .put("number", version.number())
                .put("list", version.list())
                .put("published_at", version.publishedAt().toString())
                .put("effective_from", version.effectiveFrom().toString());
    }

    private static void write(ArrayNode data, PriceDiff diff, PriceChange change) {
        boolean call = change.tier() == null;
        data.addObject()
                .put("list", diff.list())
                .put("model", change.model().text())
                .put("item", change.item())
                .put("service_tier", call ? null : word(change))
                .put("band_from", change.bandFrom())
                .put("unit", call ? "per_call" : "per_million_tokens")
                .put("old", change.before())
                .put("new", change.after())
                .put("percent", change.percent())
                .put("currency", diff.after().code());
    }

    private static @Nullable String word(PriceChange change) {
        return change.tier() == null ? null : change.tier().word();
    }
}
