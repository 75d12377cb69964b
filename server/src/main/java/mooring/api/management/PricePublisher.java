package mooring.api.management;

import java.util.List;
import mooring.catalog.PriceVersion;

/// The price file against the price version in force. Blocking: for virtual threads.
public interface PricePublisher {

    /// What came of a wish to publish the file.
    sealed interface Publication {

        /// The file became the next version, in force from now on.
        record Published(PriceVersion version) implements Publication {}

        /// The file says what the version in force says.
        record Unchanged(PriceVersion version) implements Publication {}

        /// The file cannot be published; one sentence for each reason.
        record Refused(List<String> problems) implements Publication {
            public Refused {
                problems = List.copyOf(problems);
            }
        }
    }

    Publication publish();

    /// How the file differs from the version in force, one sentence each; empty when it does not.
    List<String> unpublishedChanges();
}
