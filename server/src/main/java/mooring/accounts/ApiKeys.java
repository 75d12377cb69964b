package mooring.accounts;

import java.util.List;
import java.util.Optional;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import org.jspecify.annotations.Nullable;

/// The API keys on record. Blocking: for virtual threads, never for an event loop.
public interface ApiKeys {

    /// A key at the one moment when its secret is known.
    record Created(ApiKey key, KeySecret secret) {}

    /// @param project one of the organization's; null for its standard one
    /// @throws mooring.problem.ProblemException when the organization is unknown, the project is
    ///   not its own, or the name is empty or too long
    Created create(OrganizationId organization, @Nullable ProjectId project, String name);

    default Created create(OrganizationId organization, String name) {
        return create(organization, null, name);
    }

    /// In order of creation, revoked ones included, starting behind `after`.
    List<ApiKey> list(OrganizationId organization, @Nullable KeyId after, int limit);

    /// Ends a key for ever; a second time changes nothing. Empty when there is no such key.
    Optional<ApiKey> revoke(KeyId id);

    /// Who stands behind a hash; empty when unknown or revoked.
    Optional<Principal> principal(KeyHash hash);
}
