package mooring.journal;

/// A stretch of a journal that does not hold what it should. What lies around it was read.
///
/// @param file the segment
/// @param offset where in the file it begins
/// @param length how many bytes
/// @param position the same place in the whole log
public record Damage(Kind kind, String file, long offset, long length, long position) {

    /// What it looks like, and so where it comes from.
    public enum Kind {
        /// The segment's header is not readable; its records tell by themselves whose they are.
        HEADER,
        /// Bytes that are no record, with good records or a later segment behind them: a bit that
        /// flipped, a page that was lost, or an unsynced stretch of which a later part survived a
        /// power cut.
        RECORDS,
        /// Bytes behind the last record of all: an append that a crash cut off.
        TORN_TAIL,
        /// Bytes where a finished segment has none, or an unreadable mark of its end. No record is
        /// lost.
        STRAY,
        /// A file that is shorter than it was made.
        CUT_OFF,
        /// A whole file that is not there.
        MISSING
    }

    @Override
    public String toString() {
        return "%s in %s: %d bytes at %d (position %d)"
                .formatted(
                        kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                        file,
                        length,
                        offset,
                        position);
    }
}
