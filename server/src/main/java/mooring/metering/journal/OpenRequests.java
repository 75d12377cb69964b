package mooring.metering.journal;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import mooring.journal.Journal;
import org.jspecify.annotations.Nullable;

/// Admitted requests whose end has not been read yet, in the order of the journal. For one thread.
final class OpenRequests {

    /// @param position where its record of admission begins
    /// @param accept that record, when it is kept
    record Open(long position, @Nullable ByteBuffer accept) {}

    private final boolean keeping;
    private final Map<UUID, Open> open = new LinkedHashMap<>();

    /// @param keeping whether records are kept, to be read later
    OpenRequests(boolean keeping) {
        this.keeping = keeping;
    }

    /// @return whether it was the end of a request
    boolean read(Journal.Entry entry) {
        OutcomeCodec.Header header = OutcomeCodec.header(entry.payload());
        if (header == null) {
            return false;
        }
        if (header.end()) {
            open.remove(header.id());
            return true;
        }
        open.putIfAbsent(header.id(), new Open(entry.position(), keeping ? entry.payload() : null));
        return false;
    }

    /// Where the oldest one's admission begins.
    long oldest(long whenNone) {
        return open.isEmpty() ? whenNone : open.values().iterator().next().position();
    }

    Map<UUID, Open> all() {
        return open;
    }
}
