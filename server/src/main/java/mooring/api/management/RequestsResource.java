package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import mooring.accounts.Organization;
import mooring.ids.KeyId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestLog;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;

/// What organizations asked, request by request. A request belongs to the instant at which it
/// began, which its id carries.
final class RequestsResource {

    private final RequestLog log;
    private final OrganizationsResource organizations;
    private final Clock clock;

    RequestsResource(RequestLog log, OrganizationsResource organizations, Clock clock) {
        this.log = log;
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
        page.requests().forEach(one -> data.add(RequestForms.form(one, organization.currency())));
        form.put("next_cursor", page.next() == null ? null : page.next().toString());
        return Answer.ok(form);
    }

    Answer read(Call call) {
        Organization organization = organizations.existing(call.organization());
        RequestId id = call.request();
        LoggedRequest found =
                log.find(organization.id(), id)
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
                    if (csv) {
                        sink.write(Csv.line(RequestForms.HEADINGS));
                    }
                    log.export(
                            organization.id(),
                            filter,
                            one ->
                                    sink.write(
                                            csv
                                                    ? Csv.line(RequestForms.cells(one))
                                                    : RequestForms.form(
                                                                    one, organization.currency())
                                                            + "\n"));
                });
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
