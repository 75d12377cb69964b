package mooring.metering.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import mooring.ids.OrganizationId;
import mooring.limits.DayUse;
import mooring.limits.Subject;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;

/// What was booked of a day, from the usage by minute, and request by request of the last minute:
/// what ended behind its end is counted by who asks.
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
                                            SELECT (SELECT coalesce(sum(input_uncached
                                                    + cache_read + cache_write_5m + cache_write_1h
                                                    + output), 0)
                                                FROM usage_minute
                                                WHERE organization_id = :organization
                                                    AND minute >= :from AND minute < :last\
                                            """
                                                    + part
                                                    + """
                                            )
                                                + (SELECT coalesce(sum(prompt + output), 0)
                                                FROM settlement
                                                WHERE organization_id = :organization
                                                    AND finished_at >= :last
                                                    AND finished_at < :to\
                                            """
                                                    + part
                                                    + ")")
                                    .bind("organization", organization.uuid())
                                    .bind("from", from)
                                    .bind("last", to.truncatedTo(ChronoUnit.MINUTES))
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
