package mooring.metering;

import java.time.LocalDate;
import java.util.List;
import java.util.function.Consumer;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import org.jspecify.annotations.Nullable;

/// Days of the request log that are kept in files, outside the database. Blocking, and slow: each
/// call starts a process.
public interface RequestArchive {

    /// Which requests are wanted, of one day.
    ///
    /// @param id only this one, when not null
    /// @param before only what is older
    /// @param limit at most so many
    record Search(
            OrganizationId organization,
            LocalDate day,
            RequestLog.Filter filter,
            @Nullable RequestId id,
            @Nullable RequestId before,
            long limit) {}

    /// The days that are archived, oldest first.
    List<LocalDate> days();

    /// Hands out what is found, newest first.
    ///
    /// @throws ArchiveException when the day's file is missing or not what was archived
    void search(Search search, Consumer<LoggedRequest> sink);
}
