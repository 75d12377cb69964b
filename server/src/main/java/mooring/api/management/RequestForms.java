package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mooring.inference.Usage;
import mooring.metering.Adjustment;
import mooring.metering.Ending;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestLog;
import mooring.metering.Timeline;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import org.jspecify.annotations.Nullable;

/// Requests of the log as JSON, and as cells of a table.
final class RequestForms {

    static final List<String> HEADINGS =
            List.of(
                    "id",
                    "client_request_id",
                    "project_id",
                    "key_id",
                    "model",
                    "tier",
                    "state",
                    "status",
                    "started_at",
                    "finished_at",
                    "streamed",
                    "estimated",
                    "replica",
                    "attempts",
                    "first_token_micros",
                    "input_uncached_tokens",
                    "cache_read_tokens",
                    "cache_write_tokens",
                    "output_tokens",
                    "reasoning_tokens",
                    "cost",
                    "payable",
                    "shortfall",
                    "adjusted",
                    "currency",
                    "price_version");

    private RequestForms() {}

    /// @param adjusted what corrections have changed its charge by
    static ObjectNode form(LoggedRequest request, Currency currency, @Nullable Money adjusted) {
        LoggedRequest.Bill bill = request.bill();
        ObjectNode form =
                Shapes.object()
                        .put("id", request.id().toString())
                        .put("client_request_id", request.clientRequestId())
                        .put("project_id", request.project().toString())
                        .put("key_id", request.key().toString())
                        .put("model", request.model().text())
                        .put("tier", request.tier().name().toLowerCase(Locale.ROOT))
                        .put("state", bill == null ? "released" : "settled")
                        .put("status", request.status())
                        .put("started_at", request.admittedAt().toString())
                        .put("finished_at", request.finishedAt().toString())
                        .put("streamed", request.streamed())
                        .put("finish_reason", bill == null ? null : finishReason(bill.ending()))
                        .put("estimated", bill != null && bill.estimated())
                        .put("replica", request.served().replica())
                        .put("attempts", request.served().attempts())
                        .put("archived", request.archived());
        Shapes.tokens(form, bill == null ? Usage.NONE : bill.usage());
        Money nothing = Money.zero(currency);
        form.put("price_version", bill == null ? null : bill.priceVersion().toString());
        form.set("cost", Shapes.money(bill == null ? nothing : bill.charge()));
        form.set("payable", Shapes.money(bill == null ? nothing : bill.payable()));
        form.set("shortfall", Shapes.money(bill == null ? nothing : bill.shortfall()));
        form.set("adjusted", Shapes.money(adjusted == null ? nothing : adjusted));
        return form;
    }

    static ObjectNode detail(
            LoggedRequest request,
            Currency currency,
            List<RequestLog.PriceLine> lines,
            List<Adjustment> adjustments) {
        Money adjusted =
                adjustments.stream()
                        .map(Adjustment::change)
                        .reduce(Money.zero(currency), Money::plus);
        ObjectNode form = form(request, currency, adjusted).put("node", request.node());
        form.set("timeline", timeline(request));
        ObjectNode calls = form.putObject("calls");
        if (request.bill() != null) {
            request.bill().calls().forEach(calls::put);
        }
        var priced = form.putArray("price_lines");
        for (RequestLog.PriceLine line : lines) {
            priced.addObject()
                    .put("item", line.item())
                    .put("quantity", line.quantity())
                    .put("unit", line.unit())
                    .put("price", new Rate(line.unitNanos()).text())
                    .put("amount", line.amount().text());
        }
        var corrections = form.putArray("adjustments");
        adjustments.forEach(one -> corrections.add(adjustment(one)));
        return form;
    }

    static ObjectNode adjustment(Adjustment adjustment) {
        ObjectNode form =
                Shapes.object()
                        .put("id", adjustment.id().toString())
                        .put("request_id", adjustment.request().toString())
                        .put("direction", adjustment.direction().name().toLowerCase(Locale.ROOT));
        form.set("amount", Shapes.money(adjustment.amount()));
        form.set("wallet_amount", Shapes.money(adjustment.wallet()));
        return form.put("reason", adjustment.reason())
                .put("actor", adjustment.actor())
                .put("created_at", adjustment.at().toString());
    }

    /// Microseconds since the request arrived; null for a point that it never passed.
    private static ObjectNode timeline(LoggedRequest request) {
        Timeline timeline = request.served().timeline();
        Long admitted = point(timeline.admitted());
        ObjectNode form = Shapes.object();
        form.put("authenticated_micros", point(timeline.authenticated()));
        form.put("admitted_micros", admitted);
        form.put("dispatched_micros", point(timeline.dispatched()));
        form.put("connected_micros", point(timeline.connected()));
        form.put("first_token_micros", point(timeline.firstToken()));
        form.put("last_token_micros", point(timeline.lastToken()));
        form.put(
                "finished_micros",
                admitted == null
                        ? null
                        : (Long)
                                (admitted
                                        + ChronoUnit.MICROS.between(
                                                request.admittedAt(), request.finishedAt())));
        return form;
    }

    private static @Nullable Long point(long micros) {
        return micros < 0 ? null : (Long) micros;
    }

    static List<@Nullable Object> cells(LoggedRequest request, @Nullable Money adjusted) {
        LoggedRequest.Bill bill = request.bill();
        Usage usage = bill == null ? Usage.NONE : bill.usage();
        List<@Nullable Object> cells = new ArrayList<>(HEADINGS.size());
        cells.add(request.id().toString());
        cells.add(request.clientRequestId());
        cells.add(request.project().toString());
        cells.add(request.key().toString());
        cells.add(request.model().text());
        cells.add(request.tier().name().toLowerCase(Locale.ROOT));
        cells.add(bill == null ? "released" : "settled");
        cells.add(request.status());
        cells.add(request.admittedAt().toString());
        cells.add(request.finishedAt().toString());
        cells.add(request.streamed());
        cells.add(bill != null && bill.estimated());
        cells.add(request.served().replica());
        cells.add(request.served().attempts());
        cells.add(point(request.served().timeline().firstToken()));
        cells.add(usage.inputUncached());
        cells.add(usage.cacheRead());
        cells.add(usage.cacheWrite5m() + usage.cacheWrite1h());
        cells.add(usage.output());
        cells.add(usage.reasoning());
        cells.add(bill == null ? "0" : bill.charge().text());
        cells.add(bill == null ? "0" : bill.payable().text());
        cells.add(bill == null ? "0" : bill.shortfall().text());
        cells.add(adjusted == null ? "0" : adjusted.text());
        cells.add(bill == null ? null : bill.charge().currency().code());
        cells.add(bill == null ? null : bill.priceVersion().toString());
        return cells;
    }

    private static @Nullable String finishReason(Ending ending) {
        return switch (ending) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case TOOL_CALLS -> "tool_calls";
            case CONTENT_FILTER -> "content_filter";
            case CANCELLED, ENGINE_LOST, GATEWAY_LOST, INSUFFICIENT_QUOTA -> null;
        };
    }
}
