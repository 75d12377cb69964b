package mooring.accounts;

import java.time.Instant;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import org.jspecify.annotations.Nullable;

/// An API key as it may be shown: everything but the secret.
///
/// @param prefix the secret's first characters, to recognise it by
public record ApiKey(
        KeyId id,
        OrganizationId organization,
        ProjectId project,
        String name,
        String prefix,
        Instant createdAt,
        @Nullable Instant revokedAt,
        @Nullable Instant lastUsedAt) {

    public boolean revoked() {
        return revokedAt != null;
    }
}
