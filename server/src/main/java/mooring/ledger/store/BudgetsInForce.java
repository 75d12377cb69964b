package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ledger.ActiveBudget;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The budgets in force, read organization by organization, as each node keeps them in memory.
public final class BudgetsInForce {

    /// One organization's, by whose spend they limit.
    public static final class OfOrganization {

        public static final OfOrganization NONE = new OfOrganization(Map.of());

        private final Map<UUID, List<ActiveBudget>> bySubject;

        private OfOrganization(Map<UUID, List<ActiveBudget>> bySubject) {
            this.bySubject = Map.copyOf(bySubject);
        }

        /// Those that a key's requests count against: its organization's, its project's, its own.
        public List<ActiveBudget> of(OrganizationId organization, ProjectId project, KeyId key) {
            if (bySubject.isEmpty()) {
                return List.of();
            }
            List<ActiveBudget> all = new ArrayList<>();
            for (UUID subject : List.of(organization.uuid(), project.uuid(), key.uuid())) {
                all.addAll(bySubject.getOrDefault(subject, List.of()));
            }
            return List.copyOf(all);
        }
    }

    /// What changed.
    ///
    /// @param version up to which it is told
    /// @param organizations those of which a budget or the zone changed, as they are now
    public record Changes(long version, Map<OrganizationId, OfOrganization> organizations) {
        public Changes {
            organizations = Map.copyOf(organizations);
        }
    }

    private BudgetsInForce() {}

    /// What changed after `version`; 0 tells all that is in force.
    public static Changes since(Handle handle, long version) {
        Map<UUID, Map<UUID, List<ActiveBudget>>> changed = new HashMap<>();
        long latest =
                handle
                        .createQuery(
                                """
                                SELECT id, budget_version FROM organization
                                WHERE budget_version > :version
                                """)
                        .bind("version", version)
                        .map(
                                (row, _) -> {
                                    changed.put(row.getObject("id", UUID.class), new HashMap<>());
                                    return row.getLong("budget_version");
                                })
                        .stream()
                        .mapToLong(each -> each)
                        .reduce(version, Math::max);
        if (!changed.isEmpty()) {
            read(handle, changed);
        }
        Map<OrganizationId, OfOrganization> organizations = new HashMap<>();
        changed.forEach(
                (id, budgets) ->
                        organizations.put(new OrganizationId(id), new OfOrganization(budgets)));
        return new Changes(latest, organizations);
    }

    public static OfOrganization of(Handle handle, OrganizationId organization) {
        Map<UUID, List<ActiveBudget>> budgets = new HashMap<>();
        read(handle, Map.of(organization.uuid(), budgets));
        return new OfOrganization(budgets);
    }

    private static void read(Handle handle, Map<UUID, Map<UUID, List<ActiveBudget>>> into) {
        handle.createQuery(
                        """
                        SELECT b.id, b.organization_id, b.scope, b.subject_id, b.period,
                            b.currency, b.amount,
                        """
                                + ZonePeriods.COLUMNS
                                + """
                                FROM budget b JOIN organization o ON o.id = b.organization_id
                                WHERE b.organization_id = ANY (:organizations)
                                    AND b.ended_at IS NULL
                                ORDER BY b.id
                                """)
                .bind("organizations", SqlArrays.column("uuid", into.keySet(), id -> id))
                .map(
                        (row, _) ->
                                into.getOrDefault(
                                                row.getObject("organization_id", UUID.class),
                                                new HashMap<>())
                                        .computeIfAbsent(
                                                row.getObject("subject_id", UUID.class),
                                                _ -> new ArrayList<>())
                                        .add(budget(row)))
                .list();
    }

    private static ActiveBudget budget(ResultSet row) throws SQLException {
        return new ActiveBudget(
                new BudgetId(row.getObject("id", UUID.class)),
                BudgetScope.parse(row.getString("scope")),
                new Money(row.getLong("amount"), new Currency(row.getString("currency"))),
                ZonePeriods.read(row, BudgetRows.period(row)));
    }
}
