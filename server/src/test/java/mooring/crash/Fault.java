package mooring.crash;

/// A mistake that can be planted, to see that the simulator finds it.
enum Fault {
    NONE,
    /// A hold ends before its charge is written down, and as if nothing were charged.
    RELEASE_BEFORE_SETTLE,
    /// The drain's checkpoint moves on before the batch is booked.
    CHECKPOINT_BEFORE_BOOKING,
    /// Segments go that are not booked yet.
    TRIM_BEFORE_DRAIN,
    /// A stream's progress is forgotten before its final record is on the disk.
    PROGRESS_FREED_BEFORE_SYNC,
    /// A new life goes on where the last one died.
    RECOVERY_SKIPPED,
    /// What was booked before is booked again.
    DUPLICATE_NOT_RECOGNISED,
    /// A repeated booking is drawn from the lease once more.
    LEASE_DRAWN_TWICE,
    /// Leases of an earlier life go back before what it wrote down is booked.
    LEASE_CLOSED_BEFORE_DRAIN,
    /// A repeated call for a lease moves the money again.
    LEASE_GROWN_TWICE,
    /// Whether there is money is looked at in one step, and taken in another.
    CHECK_BEFORE_LOCK,
    /// First content leaves before the admission is on the disk.
    CONTENT_BEFORE_ACCEPT,
    /// The end is shown before the final record is on the disk.
    END_BEFORE_SYNC,
    /// Content leaves before its progress is written down.
    CONTENT_BEFORE_PROGRESS
}
