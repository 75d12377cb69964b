package mooring.accounts.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import mooring.accounts.Project;
import mooring.accounts.Projects;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/// Projects in PostgreSQL. Each organization's standard one is made together with it.
public final class PostgresProjects implements Projects {

    /// The most rows of one page.
    private static final int MAX_LIMIT = 1_000;

    private static final String FOREIGN_KEY_VIOLATION = "23503";
    private static final String UNIQUE_VIOLATION = "23505";

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresProjects(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    @Override
    public Project create(OrganizationId organization, String name) {
        Names.require(name);
        Project project =
                new Project(new ProjectId(ids.next()), organization, name, false, clock.now());
        try {
            insert(project);
        } catch (JdbiException e) {
            if (FOREIGN_KEY_VIOLATION.equals(SqlFaults.state(e))) {
                throw new ProblemException(
                        new Problem.NotFound("no organization " + organization + " here"), e);
            }
            if (UNIQUE_VIOLATION.equals(SqlFaults.state(e))) {
                throw new ProblemException(
                        new Problem.Conflict(
                                "name: "
                                        + name
                                        + " (expected: one that no other project of "
                                        + organization
                                        + " has)"),
                        e);
            }
            throw e;
        }
        return project;
    }

    @Override
    public List<Project> list(OrganizationId organization, @Nullable ProjectId after, int limit) {
        // Organizations that are older than projects have a standard one with an id of no time.
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, organization_id, name, standard, created_at
                                        FROM project
                                        WHERE organization_id = :organization
                                            AND (CAST(:after AS uuid) IS NULL
                                                OR (NOT standard, id) > (SELECT NOT standard, id
                                                    FROM project WHERE id = CAST(:after AS uuid)))
                                        ORDER BY NOT standard, id LIMIT :limit
                                        """)
                                .bind("organization", organization.uuid())
                                .bindByType(
                                        "after", after == null ? null : after.uuid(), UUID.class)
                                .bind("limit", Math.clamp(limit, 0, MAX_LIMIT))
                                .map((row, _) -> read(row))
                                .list());
    }

    private void insert(Project project) {
        jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        INSERT INTO project (id, organization_id, name, standard,
                                            created_at)
                                        VALUES (:id, :organization, :name, false, :at)
                                        """)
                                .bind("id", project.id().uuid())
                                .bind("organization", project.organization().uuid())
                                .bind("name", project.name())
                                .bind("at", project.createdAt())
                                .execute());
    }

    private static Project read(ResultSet row) throws SQLException {
        return new Project(
                new ProjectId(row.getObject("id", UUID.class)),
                new OrganizationId(row.getObject("organization_id", UUID.class)),
                row.getString("name"),
                row.getBoolean("standard"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
