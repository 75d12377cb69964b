package mooring.limits.store;

import java.util.Map;
import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.limits.LimitStanding;
import mooring.limits.OwnLimits;
import mooring.limits.Subject;
import mooring.problem.LimitKind;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Limits in PostgreSQL, one row for each subject that has any of its own.
public final class PostgresOwnLimits implements OwnLimits {

    private final Jdbi jdbi;

    public PostgresOwnLimits(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public Optional<LimitStanding> standing(OrganizationId organization) {
        return jdbi.withHandle(handle -> Optional.ofNullable(Standings.of(handle, organization)));
    }

    @Override
    public void giveTier(OrganizationId organization, @Nullable String tier) {
        jdbi.useTransaction(
                handle -> {
                    lockVersion(handle);
                    handle.createUpdate("UPDATE organization SET limit_tier = :tier WHERE id = :id")
                            .bindByType("tier", tier, String.class)
                            .bind("id", organization.uuid())
                            .execute();
                });
    }

    @Override
    public void set(
            OrganizationId organization, Subject subject, Map<LimitKind, @Nullable Long> limits) {
        jdbi.useTransaction(
                handle -> {
                    lockVersion(handle);
                    requireOwn(handle, organization, subject);
                    for (Map.Entry<LimitKind, @Nullable Long> limit : limits.entrySet()) {
                        set(handle, organization, subject, limit.getKey(), limit.getValue());
                    }
                    handle.createUpdate(
                                    """
                                    DELETE FROM own_limit
                                    WHERE subject_id = :subject AND model = :model
                                        AND num_nonnulls(concurrency, rpm, tpm, tpd) = 0
                                    """)
                            .bind("subject", subject.id())
                            .bind("model", model(subject))
                            .execute();
                });
    }

    /// The count of versions first, then the organization, as every change does that counts.
    private static void lockVersion(Handle handle) {
        handle.createQuery("SELECT version FROM key_version FOR UPDATE").mapTo(Long.class).one();
    }

    private static void set(
            Handle handle,
            OrganizationId organization,
            Subject subject,
            LimitKind kind,
            @Nullable Long limit) {
        String column = kind.text();
        handle.createUpdate(
                        "INSERT INTO own_limit (organization_id, scope, subject_id, model, "
                                + column
                                + ") VALUES (:organization, :scope, :subject, :model, :limit)"
                                + " ON CONFLICT (subject_id, model) DO UPDATE SET "
                                + column
                                + " = excluded."
                                + column)
                .bind("organization", organization.uuid())
                .bind("scope", subject.scope().text())
                .bind("subject", subject.id())
                .bind("model", model(subject))
                .bindByType("limit", limit, Long.class)
                .execute();
    }

    private static void requireOwn(Handle handle, OrganizationId organization, Subject subject) {
        boolean own =
                switch (subject.scope()) {
                    case ORGANIZATION, MODEL -> organization.uuid().equals(subject.id());
                    case PROJECT -> owned(handle, "project", organization, subject);
                    case KEY -> owned(handle, "api_key", organization, subject);
                };
        if (!own) {
            throw new ProblemException(
                    new Problem.NotFound(
                            subject.scope().text()
                                    + "_id: not one of "
                                    + organization
                                    + " (expected: an id of its own)"));
        }
    }

    private static boolean owned(
            Handle handle, String table, OrganizationId organization, Subject subject) {
        return handle.createQuery(
                        "SELECT EXISTS (SELECT FROM "
                                + table
                                + " WHERE id = :id AND organization_id = :organization)")
                .bind("id", subject.id())
                .bind("organization", organization.uuid())
                .mapTo(Boolean.class)
                .one();
    }

    private static String model(Subject subject) {
        return subject.model() == null ? "" : subject.model().text();
    }
}
