package mooring.accounts;

import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.money.Currency;
import org.jspecify.annotations.Nullable;

/// The customers on record. Blocking: for virtual threads, never for an event loop.
public interface Organizations {

    /// The longest name that is kept.
    int MAX_NAME_CHARS = 200;

    /// Where days and months begin when nothing is said.
    ZoneId STANDARD_ZONE = ZoneId.of("UTC");

    /// Creates an organization with an empty wallet and a standard project.
    ///
    /// @throws mooring.problem.ProblemException when the name is empty or too long
    Organization create(String name, Currency currency, ZoneId zone);

    default Organization create(String name, Currency currency) {
        return create(name, currency, STANDARD_ZONE);
    }

    /// Puts an organization's days and months in another zone, from the next ones on: those under
    /// way end as they would have ended. Empty when there is no such organization.
    Optional<Organization> changeZone(OrganizationId id, ZoneId zone);

    Optional<Organization> find(OrganizationId id);

    /// In order of creation, starting behind `after`.
    List<Organization> list(@Nullable OrganizationId after, int limit);
}
