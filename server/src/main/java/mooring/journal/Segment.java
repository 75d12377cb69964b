package mooring.journal;

/// One file of the log as its owner and its readers know it.
///
/// @param start the log position of the file's first byte
/// @param length how many positions it takes, whether or not all its bytes are there
/// @param usedEnd the position behind its last record; `start + length` when nothing says
/// @param keptSinceMillis when its last record was written, as far as is known
record Segment(String name, long start, long length, long usedEnd, long keptSinceMillis) {

    long end() {
        return start + length;
    }
}
