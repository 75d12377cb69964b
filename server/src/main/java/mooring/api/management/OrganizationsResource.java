package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.ZoneId;
import mooring.accounts.Organization;
import mooring.accounts.Organizations;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.ids.OrganizationId;
import mooring.ledger.Balances;
import mooring.ledger.Funds;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Customers and what they have in their wallets.
final class OrganizationsResource {

    private final Organizations organizations;
    private final Balances balances;
    private final Prices prices;
    private final Clock clock;
    private final IdempotentWrites writes;

    OrganizationsResource(
            Organizations organizations,
            Balances balances,
            Prices prices,
            Clock clock,
            IdempotentWrites writes) {
        this.organizations = organizations;
        this.balances = balances;
        this.prices = prices;
        this.clock = clock;
        this.writes = writes;
    }

    Answer create(Call call) {
        String name = call.requiredText("name");
        Currency currency = currency(call.bodyText("currency"));
        String zoneName = call.bodyText("zone");
        ZoneId zone = zoneName == null ? Organizations.STANDARD_ZONE : zone(zoneName);
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> Answer.created(form(organizations.create(name, currency, zone))));
    }

    Answer list(Call call) {
        int limit = call.limit();
        return Answer.ok(
                Shapes.page(
                        organizations.list(call.cursor(OrganizationId::parse), limit + 1),
                        limit,
                        this::form,
                        Organization::id));
    }

    Answer read(Call call) {
        return Answer.ok(form(existing(call.organization())));
    }

    Answer change(Call call) {
        OrganizationId id = existing(call.organization()).id();
        ZoneId zone = zone(call.requiredText("zone"));
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> Answer.ok(form(organizations.changeZone(id, zone).orElseThrow())));
    }

    Answer balance(Call call) {
        return Answer.ok(balanceForm(existing(call.organization())));
    }

    Organization existing(OrganizationId id) {
        return organizations
                .find(id)
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "organization_id: "
                                                        + id
                                                        + " does not exist (expected: an id from"
                                                        + " GET /api/v1/organizations)")));
    }

    /// Only a region's name says when clocks change; a bare offset does not.
    private static ZoneId zone(String name) {
        try {
            ZoneId zone = ZoneId.of(name);
            if (ZoneId.getAvailableZoneIds().contains(zone.getId())) {
                return zone;
            }
        } catch (DateTimeException _) {
            // Falls through: the message below says more.
        }
        throw new ProblemException(
                Problem.InvalidRequest.of(
                        "zone",
                        SchemaText.shown(name),
                        "a time zone's name such as Pacific/Auckland or UTC"));
    }

    /// What the organization has by now.
    ObjectNode balanceForm(Organization organization) {
        Money zero = Money.zero(organization.currency());
        return Shapes.balance(
                balances.of(organization.id()).orElseGet(() -> new Funds(zero, zero, zero, zero)));
    }

    /// The currency that was given, or that of the prices. Nothing could be sold in one that no
    /// price has.
    Currency currency(@Nullable String code) {
        PriceVersion version = prices.at(clock.now());
        if (code == null) {
            if (version == null) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "currency", "missing", "one, as no prices are published yet"));
            }
            return version.currency();
        }
        Currency currency = new Currency(code);
        if (version != null && !version.currency().equals(currency)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "currency",
                            SchemaText.shown(code),
                            version.currency() + ", the currency of the prices"));
        }
        return currency;
    }

    private ObjectNode form(Organization organization) {
        ObjectNode form =
                Shapes.object()
                        .put("id", organization.id().toString())
                        .put("name", organization.name())
                        .put("currency", organization.currency().code())
                        .put("zone", organization.zone().getId())
                        .put("created_at", organization.createdAt().toString());
        form.set("balance", balanceForm(organization));
        return form;
    }
}
