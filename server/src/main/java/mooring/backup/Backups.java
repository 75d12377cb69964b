package mooring.backup;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Optional;
import mooring.ids.BackupId;
import org.jspecify.annotations.Nullable;

/// Archives of the running database, and the newest that somebody has found whole. Blocking.
public interface Backups {

    /// An archive that was written to its end.
    ///
    /// @param takenAt of its snapshot, by the database's clock
    /// @param verifiedAt when it was read back whole, null as long as nobody has
    /// @param bytes of the archive
    /// @param sha256 of the archive, in hexadecimal
    record Taken(
            BackupId id,
            Instant takenAt,
            @Nullable Instant verifiedAt,
            long bytes,
            String sha256,
            int tables,
            long rows) {}

    /// Writes everything, as it is at one moment, while others go on writing.
    ///
    /// @param to is neither closed nor read again; never more than a piece is held in memory
    /// @throws IOException when `to` does not take it
    Taken take(OutputStream to) throws IOException;

    /// Notes that an archive was read back from where it is kept.
    ///
    /// @param sha256 of the archive as it was read
    /// @return empty when no archive of this id was written; with `verifiedAt` null when what was
    ///   read is not what was written
    Optional<Taken> verified(BackupId id, String sha256);

    /// The verified one with the youngest snapshot, on whatever node it was taken.
    Optional<Taken> lastVerified();
}
