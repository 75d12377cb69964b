package mooring.api.management;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mooring.catalog.PriceDiff;
import mooring.catalog.PriceVersion;
import org.jspecify.annotations.Nullable;

/// The price file against the published versions. Blocking: for virtual threads.
public interface PricePublisher {

    /// What came of a wish to publish the file.
    sealed interface Publication {

        /// The lists that changed became new versions.
        record Published(List<PriceVersion> versions) implements Publication {
            public Published {
                versions = List.copyOf(versions);
            }
        }

        /// The file says what the versions of that instant say.
        record Unchanged(PriceVersion version) implements Publication {}

        /// The file cannot be published; one sentence for each reason.
        record Refused(List<String> problems) implements Publication {
            public Refused {
                problems = List.copyOf(problems);
            }
        }
    }

    /// What publishing the file would do.
    ///
    /// @param diffs of the lists that would change
    /// @param problems what keeps it from being published
    record Review(List<PriceDiff> diffs, List<String> problems) {
        public Review {
            diffs = List.copyOf(diffs);
            problems = List.copyOf(problems);
        }
    }

    /// @param effectiveFrom null for at once
    Publication publish(@Nullable Instant effectiveFrom);

    /// @param effectiveFrom null for at once
    Review review(@Nullable Instant effectiveFrom);

    /// How the file differs from what is published last, one sentence each; empty when it does not.
    List<String> unpublishedChanges();

    /// The version of a list in force at an instant.
    ///
    /// @param at null for now
    Optional<PriceVersion> version(String list, @Nullable Instant at);

    /// Takes a change of what is on record into memory at once.
    void changed();
}
