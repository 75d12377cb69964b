package mooring.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mooring.ids.OrganizationId;
import org.jspecify.annotations.Nullable;

/// The price versions of every list that are in force or to come, and who has which list.
public final class PriceSnapshot {

    /// Which of two is in force once both are: the later one, and the one published later.
    static final Comparator<PriceVersion> ORDER =
            Comparator.comparing(PriceVersion::effectiveFrom)
                    .thenComparingInt(PriceVersion::number);

    public static final PriceSnapshot EMPTY = new PriceSnapshot(List.of(), List.of());

    private final Map<String, List<PriceVersion>> lists = new HashMap<>();
    private final Map<OrganizationId, List<PriceAssignment>> assignments = new HashMap<>();

    public PriceSnapshot(List<PriceVersion> versions, List<PriceAssignment> assignments) {
        versions.stream()
                .sorted(ORDER)
                .forEach(
                        version ->
                                lists.computeIfAbsent(version.list(), _ -> new ArrayList<>())
                                        .add(version));
        assignments.forEach(
                assignment ->
                        this.assignments
                                .computeIfAbsent(assignment.organization(), _ -> new ArrayList<>(1))
                                .add(assignment));
    }

    /// The one version of the list that is in force at the instant.
    public @Nullable PriceVersion inForce(String list, Instant at) {
        List<PriceVersion> versions = lists.getOrDefault(list, List.of());
        for (int i = versions.size() - 1; i >= 0; i--) {
            if (!versions.get(i).effectiveFrom().isAfter(at)) {
                return versions.get(i);
            }
        }
        return null;
    }

    /// The list that the organization has at the instant.
    public String list(OrganizationId organization, Instant at) {
        for (PriceAssignment assignment : assignments.getOrDefault(organization, List.of())) {
            if (assignment.covers(at)) {
                return assignment.list();
            }
        }
        return PriceVersion.DEFAULT_LIST;
    }

    /// What prices the organization's requests of the instant; null when nothing does, and then
    /// nothing may be sold: a list of its own is never replaced by the default one silently.
    public @Nullable PriceVersion forOrganization(OrganizationId organization, Instant at) {
        return inForce(list(organization, at), at);
    }

    /// The versions of the list that come after the instant, in their order.
    public List<PriceVersion> next(String list, Instant after) {
        return lists.getOrDefault(list, List.of()).stream()
                .filter(version -> version.effectiveFrom().isAfter(after))
                .toList();
    }
}
