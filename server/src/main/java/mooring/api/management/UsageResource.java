package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import mooring.accounts.Organization;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.metering.Ending;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports;
import mooring.metering.UsageReports.Grouping;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// What organizations used and were charged, summed or request by request.
final class UsageResource {

    private final UsageReports reports;
    private final OrganizationsResource organizations;
    private final Clock clock;

    UsageResource(UsageReports reports, OrganizationsResource organizations, Clock clock) {
        this.reports = reports;
        this.organizations = organizations;
        this.clock = clock;
    }

    /// A stretch of time, its end not included.
    private record Period(Instant from, Instant to) {}

    Answer report(Call call) {
        Organization organization = organizations.existing(call.organization());
        Period period = period(call);
        List<String> words = call.list("group_by");
        Set<Grouping> grouping = EnumSet.noneOf(Grouping.class);
        words.forEach(word -> grouping.add(Grouping.valueOf(word.toUpperCase(Locale.ROOT))));
        List<UsageReports.Row> rows =
                reports.usage(organization.id(), period.from(), period.to(), grouping);
        UsageReports.Row totals = totals(rows, organization);
        ObjectNode form =
                Shapes.object()
                        .put("from", period.from().toString())
                        .put("to", period.to().toString());
        words.forEach(form.putArray("group_by")::add);
        var data = form.putArray("data");
        if (grouping.isEmpty()) {
            data.add(form(totals));
        } else {
            rows.forEach(row -> data.add(form(row)));
        }
        form.set("totals", form(totals));
        return Answer.ok(form);
    }

    /// A request belongs to the instant at which it began, which its id carries.
    Answer requests(Call call) {
        Organization organization = organizations.existing(call.organization());
        Period period = period(call);
        int limit = call.limit();
        List<UsageReports.SettledRequest> rows =
                reports.requests(organization.id(), start(call, period), limit + 1).stream()
                        .takeWhile(row -> !began(row.record().id()).isBefore(period.from()))
                        .toList();
        return Answer.ok(Shapes.page(rows, limit, UsageResource::form, row -> row.record().id()));
    }

    private Period period(Call call) {
        Instant now = clock.now();
        Instant month =
                now.atZone(ZoneOffset.UTC)
                        .truncatedTo(ChronoUnit.DAYS)
                        .withDayOfMonth(1)
                        .toInstant();
        Instant to = call.instant("to", now);
        Instant from = call.instant("from", month.isBefore(to) ? month : to);
        if (from.isAfter(to)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of("from", from, "at most to, which is " + to));
        }
        return new Period(from, to);
    }

    /// Latest first: the page begins behind the cursor or at the period's end, whichever is
    /// earlier.
    private static RequestId start(Call call, Period period) {
        RequestId end = firstOf(period.to());
        RequestId cursor = call.cursor(RequestId::parse);
        return cursor == null || began(cursor).isAfter(period.to()) ? end : cursor;
    }

    /// The least id that a request of this millisecond can have.
    private static RequestId firstOf(Instant instant) {
        return new RequestId(new UUID(instant.toEpochMilli() << 16 | 0x7000L, 1L << 63));
    }

    private static Instant began(RequestId id) {
        return Instant.ofEpochMilli(id.uuid().getMostSignificantBits() >>> 16);
    }

    private static UsageReports.Row totals(List<UsageReports.Row> rows, Organization organization) {
        long requests = 0;
        Usage usage = Usage.NONE;
        Money cost = Money.zero(organization.currency());
        for (UsageReports.Row row : rows) {
            requests = Math.addExact(requests, row.requests());
            usage = sum(usage, row.usage());
            cost = cost.plus(row.cost());
        }
        return new UsageReports.Row(null, null, null, requests, usage, cost);
    }

    private static Usage sum(Usage a, Usage b) {
        return new Usage(
                Math.addExact(a.inputUncached(), b.inputUncached()),
                Math.addExact(a.cacheRead(), b.cacheRead()),
                Math.addExact(a.cacheWrite5m(), b.cacheWrite5m()),
                Math.addExact(a.cacheWrite1h(), b.cacheWrite1h()),
                Math.addExact(a.output(), b.output()),
                Math.addExact(a.reasoning(), b.reasoning()));
    }

    private static ObjectNode form(UsageReports.Row row) {
        ObjectNode form = Shapes.object();
        if (row.model() != null) {
            form.put("model", row.model().text());
        }
        if (row.key() != null) {
            form.put("key_id", row.key().toString());
        }
        if (row.day() != null) {
            form.put("day", row.day().toString());
        }
        form.put("requests", row.requests());
        Shapes.tokens(form, row.usage()).set("cost", Shapes.money(row.cost()));
        return form;
    }

    private static ObjectNode form(UsageReports.SettledRequest request) {
        UsageRecord record = request.record();
        ObjectNode form =
                Shapes.object()
                        .put("id", record.id().toString())
                        .put("client_request_id", record.accepted().clientRequestId())
                        .put("key_id", record.accepted().key().toString())
                        .put("model", record.accepted().model().text())
                        .put("state", "settled")
                        .put("started_at", record.accepted().admittedAt().toString())
                        .put("finished_at", record.finishedAt().toString())
                        .put("streamed", record.accepted().streamed())
                        .put("finish_reason", finishReason(record.ending()))
                        .put("estimated", record.estimated());
        Shapes.tokens(form, record.usage())
                .put("price_version", record.accepted().priceVersion().toString())
                .set("cost", Shapes.money(record.charge()));
        form.set("payable", Shapes.money(request.payable()));
        form.set("shortfall", Shapes.money(request.shortfall()));
        return form;
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
