package mooring.accounts;

import java.util.List;
import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.money.Currency;
import org.jspecify.annotations.Nullable;

/// The customers on record. Blocking: for virtual threads, never for an event loop.
public interface Organizations {

    /// The longest name that is kept.
    int MAX_NAME_CHARS = 200;

    /// Creates an organization with an empty wallet.
    ///
    /// @throws mooring.problem.ProblemException when the name is empty or too long
    Organization create(String name, Currency currency);

    Optional<Organization> find(OrganizationId id);

    /// In order of creation, starting behind `after`.
    List<Organization> list(@Nullable OrganizationId after, int limit);
}
