package mooring.process;

/// What one process may tell another on Linux, as far as we ever do.
public enum Signal {
    /// The polite request to end.
    TERM,
    /// An interrupt; PostgreSQL's fast shutdown.
    INT,
    /// Quit at once; PostgreSQL's immediate shutdown.
    QUIT,
    /// The end that nothing can ignore.
    KILL
}
