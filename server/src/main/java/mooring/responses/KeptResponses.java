package mooring.responses;

import java.time.Duration;
import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;

/// What callers asked to be kept of their answers, for a bounded time. Blocks.
///
/// One project's are nobody else's: to others they do not exist.
public interface KeptResponses {

    /// Whose a kept response is.
    record Owner(OrganizationId organization, ProjectId project) {}

    /// The largest that is kept.
    int MAX_BYTES = 4 << 20;

    /// How long one is kept that nobody deletes.
    Duration LIFETIME = Duration.ofDays(30);

    /// How many of one project are kept; the oldest go first.
    int MAX_OF_PROJECT = 10_000;

    /// Keeps it; false when it is too large.
    boolean put(Owner owner, RequestId id, byte[] document);

    Optional<byte[]> get(Owner owner, RequestId id);

    /// Deletes it; false when there is none.
    boolean delete(Owner owner, RequestId id);
}
