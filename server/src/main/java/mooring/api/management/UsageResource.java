package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import mooring.accounts.Organization;
import mooring.ids.KeyId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.metering.UsageReports;
import mooring.metering.UsageReports.Grouping;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// What organizations used and were charged, summed.
final class UsageResource {

    private static final Set<Grouping> TIMES =
            EnumSet.of(Grouping.DAY, Grouping.HOUR, Grouping.MINUTE);

    private final UsageReports reports;
    private final OrganizationsResource organizations;
    private final Clock clock;

    UsageResource(UsageReports reports, OrganizationsResource organizations, Clock clock) {
        this.reports = reports;
        this.organizations = organizations;
        this.clock = clock;
    }

    Answer report(Call call) {
        Organization organization = organizations.existing(call.organization());
        UsageReports.Query query = query(call, organization);
        List<UsageReports.Row> rows = reports.usage(query);
        UsageReports.Row totals = totals(rows, query, organization);
        ObjectNode form =
                Shapes.object()
                        .put("from", query.from().toString())
                        .put("to", query.to().toString())
                        .put("zone", zone(query));
        call.list("group_by").forEach(form.putArray("group_by")::add);
        var data = form.putArray("data");
        if (query.grouping().isEmpty()) {
            data.add(form(totals, query));
        } else {
            rows.forEach(row -> data.add(form(row, query)));
        }
        form.set("totals", form(totals, query));
        var silent = form.putArray("silent_nodes");
        reports.silentNodes()
                .forEach(
                        node ->
                                silent.addObject()
                                        .put("node", node.node())
                                        .put("since", node.since().toString()));
        return Answer.ok(form);
    }

    /// The same rows as a file. They are bounded by the number of groups, so they are summed first.
    Answer export(Call call) {
        Organization organization = organizations.existing(call.organization());
        UsageReports.Query query = query(call, organization);
        List<String> words = call.list("group_by");
        boolean csv = Exports.csv(call);
        return Exports.answer(
                csv,
                "usage",
                sink -> {
                    List<UsageReports.Row> rows = reports.usage(query);
                    if (csv) {
                        sink.write(Csv.line(headings(words)));
                    }
                    for (UsageReports.Row row : rows) {
                        sink.write(
                                csv ? Csv.line(cells(words, row, query)) : form(row, query) + "\n");
                    }
                });
    }

    private UsageReports.Query query(Call call, Organization organization) {
        ZoneId zone = call.zone();
        Span span = Span.of(call, zone, clock);
        Set<Grouping> grouping = EnumSet.noneOf(Grouping.class);
        List<String> words = call.list("group_by");
        words.forEach(word -> grouping.add(Grouping.valueOf(word.toUpperCase(Locale.ROOT))));
        if (grouping.stream().filter(TIMES::contains).count() > 1) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "group_by", words, "at most one of day, hour and minute"));
        }
        String tier = call.optional("tier");
        return new UsageReports.Query(
                organization.id(),
                span.from(),
                span.to(),
                zone,
                grouping,
                new UsageReports.Filter(
                        call.optional("model", ModelId::new),
                        call.optional("key_id", KeyId::parse),
                        call.optional("project_id", ProjectId::parse),
                        tier == null ? null : ServiceTier.valueOf(tier.toUpperCase(Locale.ROOT))));
    }

    private static UsageReports.Row totals(
            List<UsageReports.Row> rows, UsageReports.Query query, Organization organization) {
        // Each class of a group counts the same requests.
        boolean classes = query.grouping().contains(Grouping.CLASS);
        long requests = 0;
        Usage usage = Usage.NONE;
        Money cost = Money.zero(organization.currency());
        Money adjusted = cost;
        UsageReports.@Nullable Row last = null;
        for (UsageReports.Row row : rows) {
            if (!classes || last == null || !sameGroup(last, row)) {
                requests = Math.addExact(requests, row.requests());
            }
            last = row;
            usage = sum(usage, row.usage());
            cost = cost.plus(row.cost());
            adjusted = adjusted.plus(row.adjusted());
        }
        return new UsageReports.Row(
                null, null, null, null, null, null, requests, usage, cost, adjusted);
    }

    private static boolean sameGroup(UsageReports.Row a, UsageReports.Row b) {
        return Objects.equals(a.start(), b.start())
                && Objects.equals(a.model(), b.model())
                && Objects.equals(a.key(), b.key())
                && Objects.equals(a.project(), b.project())
                && a.tier() == b.tier();
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

    private static String zone(UsageReports.Query query) {
        String id = query.zone().getId();
        return id.equals("Z") ? "UTC" : id;
    }

    private static ObjectNode form(UsageReports.Row row, UsageReports.Query query) {
        ObjectNode form = Shapes.object();
        if (row.start() != null) {
            form.put("start", local(row.start(), query));
            if (query.grouping().contains(Grouping.DAY)) {
                form.put("day", row.start().atZone(query.zone()).toLocalDate().toString());
            }
        }
        if (row.model() != null) {
            form.put("model", row.model().text());
        }
        if (row.key() != null) {
            form.put("key_id", row.key().toString());
        }
        if (row.project() != null) {
            form.put("project_id", row.project().toString());
        }
        if (row.tier() != null) {
            form.put("tier", row.tier().name().toLowerCase(Locale.ROOT));
        }
        if (row.tokenClass() != null) {
            form.put("class", row.tokenClass());
        }
        form.put("requests", row.requests());
        Shapes.tokens(form, row.usage()).set("cost", Shapes.money(row.cost()));
        form.set("adjusted", Shapes.money(row.adjusted()));
        return form;
    }

    private static String local(Instant start, UsageReports.Query query) {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                start.atZone(query.zone()).toOffsetDateTime());
    }

    private static List<String> headings(List<String> words) {
        List<String> headings = new ArrayList<>();
        for (String word : words) {
            headings.add(
                    switch (word) {
                        case "key" -> "key_id";
                        case "project" -> "project_id";
                        case "hour", "minute" -> "start";
                        default -> word;
                    });
        }
        headings.addAll(
                List.of(
                        "requests",
                        "input_uncached_tokens",
                        "cache_read_tokens",
                        "cache_write_tokens",
                        "output_tokens",
                        "reasoning_tokens",
                        "cost",
                        "adjusted",
                        "currency"));
        return headings;
    }

    private static List<@Nullable Object> cells(
            List<String> words, UsageReports.Row row, UsageReports.Query query) {
        ObjectNode form = form(row, query);
        List<@Nullable Object> cells = new ArrayList<>();
        headings(words).stream()
                .limit(words.size())
                .forEach(name -> cells.add(form.path(name).asText()));
        cells.add(row.requests());
        cells.add(row.usage().inputUncached());
        cells.add(row.usage().cacheRead());
        cells.add(row.usage().cacheWrite5m() + row.usage().cacheWrite1h());
        cells.add(row.usage().output());
        cells.add(row.usage().reasoning());
        cells.add(row.cost().text());
        cells.add(row.adjusted().text());
        cells.add(row.cost().currency().code());
        return cells;
    }
}
