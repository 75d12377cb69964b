package mooring.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// What goes to the disk together: everything that was appended up to a position.
///
/// @param end that position
/// @param finished segments that take no more records, the oldest first
/// @param open the one that still does
record GroupCommit(long end, List<OpenSegment> finished, OpenSegment open) {

    /// Guarded by the journal's `appending`.
    static GroupCommit take(Collection<OpenSegment> finished, OpenSegment open) {
        GroupCommit group = new GroupCommit(open.end(), List.copyOf(finished), open);
        group.segments().forEach(OpenSegment::take);
        return group;
    }

    /// In the order in which it was appended, so that the end of the process at any moment leaves
    /// no record without those before it.
    ///
    /// @param fail what is thrown goes through this
    void write(UnaryOperator<JournalException> fail) {
        for (OpenSegment each : segments()) {
            try {
                each.write();
            } catch (RuntimeException | VirtualMachineError e) {
                throw fail.apply(
                        failure(JournalException.Kind.WRITE_FAILED, each, "cannot be written", e));
            }
        }
    }

    /// @param mark told whose sync it was that failed
    /// @param fail what is thrown goes through this
    void sync(Consumer<OpenSegment> mark, UnaryOperator<JournalException> fail) {
        for (OpenSegment each : segments()) {
            try {
                each.sync();
            } catch (RuntimeException e) {
                mark.accept(each);
                throw fail.apply(
                        e instanceof JournalException known
                                ? known
                                : failure(
                                        JournalException.Kind.SYNC_FAILED, each, "sync failed", e));
            }
        }
    }

    /// In the order of the log.
    private List<OpenSegment> segments() {
        List<OpenSegment> all = new ArrayList<>(finished);
        all.add(open);
        return all;
    }

    private static JournalException failure(
            JournalException.Kind kind, OpenSegment segment, String what, Throwable cause) {
        return new JournalException(
                kind, "%s: %s: %s".formatted(segment.segment().name(), what, cause), cause);
    }
}
