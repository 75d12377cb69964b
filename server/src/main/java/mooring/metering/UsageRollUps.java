package mooring.metering;

/// The sums by hour and day, and the room for days to come. Blocking; may run anywhere, at any
/// time, as often as one likes.
public interface UsageRollUps {

    /// Builds the hours and days that have closed, and those again that a late record changed.
    ///
    /// @return how many hours were built again
    int rollUp();

    /// Makes the partitions of today and the days ahead that are missing; returns how many.
    int makePartitions();
}
