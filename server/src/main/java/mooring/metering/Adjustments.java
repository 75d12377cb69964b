package mooring.metering;

import mooring.ids.OrganizationId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Corrects charges of settled requests, each by transfers of its own. Blocking: for virtual
/// threads.
public interface Adjustments {

    /// What is to be corrected.
    ///
    /// @param idempotencyKey a repeat with the same one books nothing
    record Order(
            Adjustment.Direction direction,
            Money amount,
            String reason,
            String actor,
            @Nullable String idempotencyKey) {}

    /// @param charged what the request is charged now, with all its corrections
    /// @param repeated whether it had been booked before
    record Booked(Adjustment adjustment, Money charged, boolean repeated) {}

    /// Gives back what a request was charged too much, as paid credit, or takes what it was charged
    /// too little. Credits together never exceed what is charged, and no correction exceeds the
    /// original charge.
    ///
    /// @throws mooring.problem.ProblemException when the request was not charged, the amount is out
    ///   of range or cannot be taken, or the key was used for another correction
    Booked adjust(OrganizationId organization, LoggedRequest request, Order order);
}
