package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mooring.accounts.Organization;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ledger.Budget;
import mooring.ledger.BudgetSubject;
import mooring.ledger.Budgets;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.PeriodLength;
import org.jspecify.annotations.Nullable;

/// Budgets: what organizations, projects and keys may spend in a day or a month, and have spent.
final class BudgetsResource {

    private final Budgets budgets;
    private final OrganizationsResource organizations;
    private final IdempotentWrites writes;

    BudgetsResource(Budgets budgets, OrganizationsResource organizations, IdempotentWrites writes) {
        this.budgets = budgets;
        this.organizations = organizations;
        this.writes = writes;
    }

    Answer create(Call call) {
        Organization organization = organizations.existing(call.organization());
        BudgetSubject subject = subject(call, organization.id());
        PeriodLength period =
                PeriodLength.valueOf(call.requiredText("period").toUpperCase(Locale.ROOT));
        Money limit = money(call.requiredText("limit"), organization.currency());
        List<Integer> given = call.bodyIntegers("thresholds");
        List<Integer> thresholds = given == null ? Budgets.STANDARD_THRESHOLDS : given;
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () ->
                        Answer.created(
                                form(
                                        budgets.create(
                                                organization.id(),
                                                subject,
                                                period,
                                                limit,
                                                thresholds))));
    }

    Answer list(Call call) {
        OrganizationId organization = organizations.existing(call.organization()).id();
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        budgets.list(organization, call.cursor(BudgetId::parse), limit + 1),
                        limit,
                        BudgetsResource::form,
                        use -> use.budget().id()));
    }

    Answer change(Call call) {
        Organization organization = organizations.existing(call.organization());
        BudgetId id = call.budget();
        String text = call.bodyText("limit");
        Money limit = text == null ? null : money(text, organization.currency());
        List<Integer> thresholds = call.bodyIntegers("thresholds");
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () ->
                        Answer.ok(
                                form(
                                        existing(
                                                id,
                                                budgets.change(
                                                        organization.id(),
                                                        id,
                                                        limit,
                                                        thresholds)))));
    }

    Answer end(Call call) {
        OrganizationId organization = organizations.existing(call.organization()).id();
        BudgetId id = call.budget();
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> Answer.ok(form(existing(id, budgets.end(organization, id)))));
    }

    private static Budgets.Use existing(BudgetId id, Optional<Budgets.Use> use) {
        return use.orElseThrow(
                () ->
                        new ProblemException(
                                new Problem.NotFound(
                                        "budget_id: "
                                                + id
                                                + " does not exist or was ended (expected: an id"
                                                + " from GET"
                                                + " /api/v1/organizations/ID/budgets)")));
    }

    /// A project, a key, or without either the whole organization.
    private static BudgetSubject subject(Call call, OrganizationId organization) {
        ProjectId project = call.bodyId("project_id", ProjectId::parse);
        KeyId key = call.bodyId("key_id", KeyId::parse);
        if (project != null && key != null) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            "key_id",
                            "key_id: given beside project_id (expected: at most one of them)"));
        }
        if (project != null) {
            return new BudgetSubject.OfProject(project);
        }
        return key != null
                ? new BudgetSubject.OfKey(key)
                : new BudgetSubject.OfOrganization(organization);
    }

    private static Money money(String text, Currency currency) {
        try {
            return Money.parse(text, currency);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "limit", SchemaText.shown(text), "a decimal of 0 or more"),
                    e);
        }
    }

    private static ObjectNode form(Budgets.Use use) {
        Budget budget = use.budget();
        ObjectNode form =
                Shapes.object()
                        .put("id", budget.id().toString())
                        .put("organization_id", budget.organization().toString())
                        .put("scope", budget.subject().scope().text())
                        .put("project_id", id(budget, BudgetScope.PROJECT))
                        .put("key_id", id(budget, BudgetScope.KEY))
                        .put("period", budget.period().name().toLowerCase(Locale.ROOT));
        form.set("limit", Shapes.money(budget.limit()));
        ArrayNode thresholds = form.putArray("thresholds");
        budget.thresholds().forEach(thresholds::add);
        form.put("created_at", budget.createdAt().toString());
        form.put("starts_on", use.period().startsOn().toString());
        form.put("resets_at", use.period().to().toString());
        form.set("spent", Shapes.money(use.spent()));
        form.set("held", Shapes.money(use.held()));
        form.set("left", Shapes.money(use.left()));
        return form;
    }

    private static @Nullable String id(Budget budget, BudgetScope scope) {
        return budget.subject().scope() == scope ? budget.subject().id() : null;
    }
}
