package mooring.journal;

/// Why the journal did not take, keep or give something; the message is one line with the remedy.
public final class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// What went wrong, for those who act on it.
    public enum Kind {
        /// A sync failed: what was appended since the last good one may or may not be on the disk.
        SYNC_FAILED,
        /// The file, or memory that is mapped to it, could not be written or read.
        WRITE_FAILED,
        /// No room: the disk is full, or the next segment is not ready within the wait.
        FULL,
        /// One record above the bound, or an empty one.
        TOO_LARGE,
        /// The journal was closed before.
        CLOSED,
        /// A file of another journal, of another version, or under another's name.
        FOREIGN,
        /// Another process owns the folder.
        LOCKED,
        /// A file or folder that cannot be read or written.
        UNUSABLE
    }

    private final Kind kind;

    public JournalException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public JournalException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
