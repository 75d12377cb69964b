package mooring.ledger;

import java.util.List;
import java.util.Optional;
import mooring.ids.BudgetId;
import mooring.ids.OrganizationId;
import mooring.money.Money;
import mooring.time.Period;
import mooring.time.PeriodLength;
import org.jspecify.annotations.Nullable;

/// The budgets on record. Blocking: for virtual threads, never for an event loop.
public interface Budgets {

    List<Integer> STANDARD_THRESHOLDS = List.of(50, 80, 100);

    int MAX_THRESHOLDS = 10;

    /// A budget and how its period stands that is under way now.
    ///
    /// @param spent charges of requests admitted in it
    /// @param held what running requests have set aside, and charges not yet booked, as far as the
    ///   nodes have said
    record Use(Budget budget, Period period, Money spent, Money held) {

        /// What can still be spent; nothing when answers cost more than was left.
        public Money left() {
            Money left = budget.limit().minus(spent).minus(held);
            return left.negative() ? Money.zero(left.currency()) : left;
        }
    }

    /// Puts a budget in force, on every node within a second. It counts from now on: what was spent
    /// before in the period under way is not in it.
    ///
    /// @throws mooring.problem.ProblemException when the subject is not the organization's, has
    ///   such a budget already, the limit is negative or in another currency, or a threshold is not
    ///   1 to 100
    Use create(
            OrganizationId organization,
            BudgetSubject subject,
            PeriodLength period,
            Money limit,
            List<Integer> thresholds);

    /// Those in force, in order of creation, starting behind `after`.
    List<Use> list(OrganizationId organization, @Nullable BudgetId after, int limit);

    /// Changes a budget for the period under way and all later ones. Running requests keep what
    /// they hold. Empty when the organization has no such budget in force.
    ///
    /// @param limit null to leave it
    /// @param thresholds null to leave them
    /// @throws mooring.problem.ProblemException as [#create]
    Optional<Use> change(
            OrganizationId organization,
            BudgetId id,
            @Nullable Money limit,
            @Nullable List<Integer> thresholds);

    /// Ends a budget: it limits nothing any more. Empty when the organization has no such budget in
    /// force.
    Optional<Use> end(OrganizationId organization, BudgetId id);
}
