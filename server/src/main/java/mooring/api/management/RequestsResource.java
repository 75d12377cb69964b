package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mooring.accounts.Organization;
import mooring.ids.KeyId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.metering.Adjustment;
import mooring.metering.Adjustments;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestLog;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;

/// What organizations asked, request by request. A request belongs to the instant at which it
/// began, which its id carries.
final class RequestsResource {

    private final RequestLog log;
    private final Adjustments adjustments;
    private final OrganizationsResource organizations;
    private final Clock clock;

    RequestsResource(
            RequestLog log,
            Adjustments adjustments,
            OrganizationsResource organizations,
            Clock clock) {
        this.log = log;
        this.adjustments = adjustments;
        this.organizations = organizations;
        this.clock = clock;
    }

    Answer list(Call call) {
        Organization organization = organizations.existing(call.organization());
        RequestLog.Page page =
                log.page(
                        organization.id(),
                        filter(call, organization),
                        call.cursor(RequestId::parse),
                        call.limit());
        ObjectNode form = Shapes.object();
        var data = form.putArray("data");
        Map<RequestId, Money> adjusted = adjusted(organization, page.requests());
        page.requests()
                .forEach(
                        one ->
                                data.add(
                                        RequestForms.form(
                                                one,
                                                organization.currency(),
                                                adjusted.get(one.id()))));
        form.put("next_cursor", page.next() == null ? null : page.next().toString());
        return Answer.ok(form);
    }

    Answer read(Call call) {
        Organization organization = organizations.existing(call.organization());
        RequestId id = call.request();
        LoggedRequest found = existing(organization, id);
        return Answer.ok(
                RequestForms.detail(
                        found, organization.currency(), log.lines(found), log.adjustments(id)));
    }

    Answer export(Call call) {
        Organization organization = organizations.existing(call.organization());
        RequestLog.Filter filter = filter(call, organization);
        boolean csv = Exports.csv(call);
        return Exports.answer(
                csv,
                "requests",
                sink -> {
                    Map<RequestId, Money> adjusted =
                            log.adjusted(organization.id(), filter.from(), filter.to());
                    if (csv) {
                        sink.write(Csv.line(RequestForms.HEADINGS));
                    }
                    log.export(
                            organization.id(),
                            filter,
                            one ->
                                    sink.write(
                                            csv
                                                    ? Csv.line(
                                                            RequestForms.cells(
                                                                    one, adjusted.get(one.id())))
                                                    : RequestForms.form(
                                                                    one,
                                                                    organization.currency(),
                                                                    adjusted.get(one.id()))
                                                            + "\n"));
                });
    }

    /// Corrects what a request was charged. The ledger keeps the idempotency key, for good.
    Answer adjust(Call call) {
        Organization organization = organizations.existing(call.organization());
        LoggedRequest found = existing(organization, call.request());
        String amount = call.requiredText("amount");
        Adjustments.Booked booked =
                adjustments.adjust(
                        organization.id(),
                        found,
                        new Adjustments.Order(
                                Adjustment.Direction.valueOf(
                                        call.requiredText("direction").toUpperCase(Locale.ROOT)),
                                amount(amount, found, organization),
                                call.requiredText("reason"),
                                call.requiredText("actor"),
                                call.idempotencyKey()));
        ObjectNode form = RequestForms.adjustment(booked.adjustment());
        form.set("charged", Shapes.money(booked.charged()));
        return Answer.created(form);
    }

    private static Money amount(String text, LoggedRequest request, Organization organization) {
        try {
            return Money.parse(text, organization.currency());
        } catch (IllegalArgumentException _) {
            LoggedRequest.Bill bill = request.bill();
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "amount",
                            SchemaText.shown(text),
                            "above 0 and at most "
                                    + (bill == null
                                            ? Money.zero(organization.currency())
                                            : bill.charge())
                                    + ", what the request was charged"));
        }
    }

    private LoggedRequest existing(Organization organization, RequestId id) {
        return log.find(organization.id(), id)
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "request_id: "
                                                        + id
                                                        + " is not in the log of "
                                                        + organization.id()
                                                        + " (expected: a request of it"
                                                        + " that has ended)")));
    }

    private Map<RequestId, Money> adjusted(
            Organization organization, List<LoggedRequest> requests) {
        if (requests.isEmpty()) {
            return Map.of();
        }
        return log.adjusted(
                organization.id(),
                requests.getLast().id().began(),
                requests.getFirst().id().began().plusMillis(1));
    }

    private RequestLog.Filter filter(Call call, Organization organization) {
        Span span = Span.of(call, ZoneOffset.UTC, clock);
        List<String> statuses = call.list("status");
        return new RequestLog.Filter(
                span.from(),
                span.to(),
                call.optional("client_request_id"),
                call.optional("key_id", KeyId::parse),
                call.optional("project_id", ProjectId::parse),
                call.optional("model", ModelId::new),
                new HashSet<>(statuses),
                call.money("min_cost", organization.currency()),
                call.money("max_cost", organization.currency()));
    }
}
