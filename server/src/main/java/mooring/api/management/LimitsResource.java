package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import mooring.accounts.Organization;
import mooring.catalog.Catalog;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.limits.LimitStanding;
import mooring.limits.LimitTable;
import mooring.limits.LimitTier;
import mooring.limits.Limits;
import mooring.limits.OwnLimits;
import mooring.limits.Subject;
import mooring.money.Money;
import mooring.problem.LimitKind;
import mooring.problem.LimitScope;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// How many requests and tokens an organization, its projects and its keys may have.
final class LimitsResource {

    private final OwnLimits limits;
    private final LimitTable table;
    private final Catalog catalog;
    private final OrganizationsResource organizations;
    private final IdempotentWrites writes;

    LimitsResource(
            OwnLimits limits,
            LimitTable table,
            Catalog catalog,
            OrganizationsResource organizations,
            IdempotentWrites writes) {
        this.limits = limits;
        this.table = table;
        this.catalog = catalog;
        this.organizations = organizations;
        this.writes = writes;
    }

    Answer read(Call call) {
        return Answer.ok(form(organizations.existing(call.organization())));
    }

    Answer change(Call call) {
        Organization organization = organizations.existing(call.organization());
        Subject subject = subject(call, organization.id());
        Map<LimitKind, @Nullable Long> changes = new EnumMap<>(LimitKind.class);
        for (LimitKind kind : LimitKind.values()) {
            if (call.body().containsKey(kind.text())) {
                Object value = call.body().getValue(kind.text());
                changes.put(kind, value instanceof Number number ? number.longValue() : null);
            }
        }
        boolean tierGiven = call.body().containsKey("tier");
        String tier = call.bodyText("tier");
        if (tierGiven && subject.scope() != LimitScope.ORGANIZATION) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "tier",
                            "given for a " + subject.scope().text(),
                            "none: tiers are for whole organizations"));
        }
        if (tier != null && table.tier(tier) == null) {
            throw new ProblemException(
                    Problem.InvalidRequest.of("tier", SchemaText.shown(tier), tierNames()));
        }
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> {
                    if (tierGiven) {
                        limits.giveTier(organization.id(), tier);
                    }
                    if (!changes.isEmpty()) {
                        limits.set(organization.id(), subject, changes);
                    }
                    return Answer.ok(form(organization));
                });
    }

    private String tierNames() {
        return table.tiers().isEmpty()
                ? "none: the catalogue has no limit_tiers"
                : "one of the catalogue's: "
                        + String.join(", ", table.tiers().stream().map(LimitTier::name).toList());
    }

    /// A project, a key, a model, or without any of them the whole organization.
    private Subject subject(Call call, OrganizationId organization) {
        ProjectId project = call.bodyId("project_id", ProjectId::parse);
        KeyId key = call.bodyId("key_id", KeyId::parse);
        String model = call.bodyText("model");
        if ((project == null ? 0 : 1) + (key == null ? 0 : 1) + (model == null ? 0 : 1) > 1) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null, "project_id, key_id, model: several (expected: at most one)"));
        }
        if (model != null) {
            ModelId id = new ModelId(model);
            if (catalog.find(id) == null) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "model", SchemaText.shown(model), "a model of the catalogue"));
            }
            return Subject.of(organization, id);
        }
        if (project != null) {
            return Subject.of(project);
        }
        return key != null ? Subject.of(key) : Subject.of(organization);
    }

    private ObjectNode form(Organization organization) {
        LimitStanding standing = limits.standing(organization.id()).orElse(LimitStanding.PLAIN);
        Subject whole = Subject.of(organization.id());
        LimitTier tier = table.tier(standing);
        ObjectNode form = Shapes.object().put("organization_id", organization.id().toString());
        form.set(
                "recharged",
                Shapes.money(new Money(standing.rechargedNanos(), organization.currency())));
        form.put("tier", tier == null ? null : tier.name());
        form.put("given_tier", standing.tier());
        form.set("limits", numbers(Shapes.object(), table.ofOrganization(standing, whole)));
        ArrayNode models = form.putArray("models");
        catalog.models()
                .forEach(
                        model -> {
                            Limits own =
                                    table.ofModel(
                                            standing, Subject.of(organization.id(), model.id()));
                            if (own.any()) {
                                numbers(models.addObject().put("model", model.id().text()), own);
                            }
                        });
        ArrayNode set = form.putArray("own");
        standing.own().entrySet().stream()
                .sorted(
                        Comparator.comparing(
                                        (Map.Entry<Subject, Limits> each) -> each.getKey().scope())
                                .thenComparing(each -> each.getKey().id())
                                .thenComparing(each -> String.valueOf(each.getKey().model())))
                .forEach(each -> numbers(subject(set.addObject(), each.getKey()), each.getValue()));
        ArrayNode tiers = form.putArray("tiers");
        for (LimitTier each : table.tiers()) {
            ObjectNode one = tiers.addObject().put("name", each.name());
            one.set(
                    "recharge",
                    Shapes.money(new Money(each.rechargeNanos(), organization.currency())));
            numbers(one, each.limits());
        }
        return form;
    }

    private static ObjectNode subject(ObjectNode form, Subject subject) {
        return form.put("scope", subject.scope().text())
                .put(
                        "project_id",
                        subject.scope() == LimitScope.PROJECT
                                ? new ProjectId(subject.id()).toString()
                                : null)
                .put(
                        "key_id",
                        subject.scope() == LimitScope.KEY
                                ? new KeyId(subject.id()).toString()
                                : null)
                .put("model", subject.model() == null ? null : subject.model().text());
    }

    /// All four; null where nothing limits.
    private static ObjectNode numbers(ObjectNode form, Limits limits) {
        for (LimitKind kind : LimitKind.values()) {
            long limit = limits.of(kind);
            form.put(kind.text(), limit == Limits.NONE ? null : Long.valueOf(limit));
        }
        return form;
    }
}
