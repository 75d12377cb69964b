package mooring.metering;

/// Writes down what is used, durably on this machine. Never blocks.
public interface Meter {

    /// Begins a request's record. Written before this returns; nothing may be dispatched before.
    ///
    /// @throws MeterException when nothing can be written, so nothing may be admitted
    Metered open(Acceptance acceptance);

    /// Whether anything can still be written: false for good after a fault of the disk.
    boolean writable();
}
