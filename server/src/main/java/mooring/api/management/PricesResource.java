package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import mooring.api.management.PricePublisher.Publication;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.inference.ModelId;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// The price version in force, and the next one.
final class PricesResource {

    private final Prices prices;
    private final PricePublisher publisher;
    private final IdempotentWrites writes;

    PricesResource(Prices prices, PricePublisher publisher, IdempotentWrites writes) {
        this.prices = prices;
        this.publisher = publisher;
        this.writes = writes;
    }

    Answer read(@SuppressWarnings("unused") Call call) {
        PriceVersion version = prices.current();
        if (version == null) {
            throw new ProblemException(
                    new Problem.NotFound(
                            "no prices are published yet (expected: POST"
                                    + " /api/v1/prices/publish first)"));
        }
        return Answer.ok(form(version, publisher.unpublishedChanges()));
    }

    Answer publish(Call call) {
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () ->
                        switch (publisher.publish()) {
                            case Publication.Published(PriceVersion version) ->
                                    Answer.created(form(version, List.of()));
                            case Publication.Unchanged(PriceVersion version) ->
                                    Answer.ok(form(version, List.of()));
                            case Publication.Refused(List<String> problems) ->
                                    throw new ProblemException(
                                            new Problem.InvalidRequest(
                                                    null,
                                                    "the price file was not published: "
                                                            + String.join("; ", problems)));
                        });
    }

    private static ObjectNode form(PriceVersion version, List<String> unpublishedChanges) {
        ObjectNode form =
                Shapes.object()
                        .put("id", version.id().toString())
                        .put("number", version.number())
                        .put("published_at", version.effectiveFrom().toString());
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
                                                Shapes.pricing(
                                                        entry.getValue(), version.currency())));
        unpublishedChanges.forEach(form.putArray("unpublished_changes")::add);
        return form;
    }
}
