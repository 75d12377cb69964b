package mooring.metering.store;

import java.time.Instant;
import mooring.ids.OrganizationId;
import mooring.limits.DayUse;
import mooring.limits.Subject;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;

/// What was booked of a day, from the usage by minute.
public final class PostgresDayUse implements DayUse {

    private final Jdbi jdbi;

    public PostgresDayUse(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public long tokens(OrganizationId organization, Subject subject, Instant from, Instant to) {
        String part =
                switch (subject.scope()) {
                    case ORGANIZATION -> "";
                    case PROJECT -> " AND project_id = :subject";
                    case KEY -> " AND api_key_id = :subject";
                    case MODEL -> " AND model = :subject";
                };
        return jdbi.withHandle(
                handle -> {
                    Query query =
                            handle.createQuery(
                                            """
                                            SELECT coalesce(sum(input_uncached + cache_read
                                                + cache_write_5m + cache_write_1h + output),
                                                0)::bigint
                                            FROM usage_minute
                                            WHERE organization_id = :organization
                                                AND minute >= :from AND minute < :to
                                            """
                                                    + part)
                                    .bind("organization", organization.uuid())
                                    .bind("from", from)
                                    .bind("to", to);
                    if (subject.model() != null) {
                        query.bind("subject", subject.model().text());
                    } else if (!part.isEmpty()) {
                        query.bind("subject", subject.id());
                    }
                    return query.mapTo(Long.class).one();
                });
    }
}
