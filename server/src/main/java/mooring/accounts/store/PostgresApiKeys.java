package mooring.accounts.store;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import mooring.accounts.ApiKey;
import mooring.accounts.ApiKeys;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import mooring.accounts.Principal;
import mooring.ids.IdGenerator;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ledger.store.BudgetsInForce;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Keys in PostgreSQL, found by the hash of their secret.
public final class PostgresApiKeys implements ApiKeys {

    /// The most rows of one page.
    private static final int MAX_LIMIT = 1_000;

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;
    private final CacheScopes scopes;
    private final Consumer<KeyHash> revoked;
    private final SecureRandom random = new SecureRandom();

    /// @param scopeSecret what cache scopes are keyed with, the same on every node
    /// @param revoked told of each revocation at once, as [KeyFeed#forget] wishes
    public PostgresApiKeys(
            Jdbi jdbi,
            Clock clock,
            IdGenerator ids,
            byte[] scopeSecret,
            Consumer<KeyHash> revoked) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
        this.scopes = new CacheScopes(scopeSecret);
        this.revoked = revoked;
    }

    @Override
    public Created create(OrganizationId organization, @Nullable ProjectId project, String name) {
        Names.require(name);
        KeySecret secret = KeySecret.generate(KeySecret.API_PREFIX, random);
        ApiKey key =
                insert(new KeyId(ids.next()), organization, project, name, secret)
                        .orElseThrow(
                                () ->
                                        new ProblemException(
                                                new Problem.NotFound(
                                                        missing(organization, project))));
        return new Created(key, secret);
    }

    private static String missing(OrganizationId organization, @Nullable ProjectId project) {
        return project == null
                ? "no organization " + organization + " here"
                : project + " does not exist (expected: a project of " + organization + ")";
    }

    @Override
    public List<ApiKey> list(OrganizationId organization, @Nullable KeyId after, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, organization_id, project_id, name, prefix, created_at,
                                            revoked_at, last_used_at
                                        FROM api_key
                                        WHERE organization_id = :organization
                                            AND (CAST(:after AS uuid) IS NULL
                                                OR id > CAST(:after AS uuid))
                                        ORDER BY id LIMIT :limit
                                        """)
                                .bind("organization", organization.uuid())
                                .bindByType(
                                        "after", after == null ? null : after.uuid(), UUID.class)
                                .bind("limit", Math.clamp(limit, 0, MAX_LIMIT))
                                .map((row, _) -> read(row))
                                .list());
    }

    @Override
    public Optional<ApiKey> revoke(KeyId id) {
        record Revoked(ApiKey key, KeyHash hash) {}
        Optional<Revoked> result =
                jdbi.inTransaction(
                        handle -> {
                            handle.createUpdate(
                                            """
                                            UPDATE api_key SET revoked_at = :at
                                            WHERE id = :id AND revoked_at IS NULL
                                            """)
                                    .bind("at", clock.now())
                                    .bind("id", id.uuid())
                                    .execute();
                            return handle.createQuery(
                                            """
                                            SELECT id, organization_id, project_id, name, prefix, created_at,
                                                revoked_at, last_used_at, hash
                                            FROM api_key WHERE id = :id
                                            """)
                                    .bind("id", id.uuid())
                                    .map(
                                            (row, _) ->
                                                    new Revoked(
                                                            read(row),
                                                            KeyHash.ofBytes(row.getBytes("hash"))))
                                    .findOne();
                        });
        result.ifPresent(key -> revoked.accept(key.hash()));
        return result.map(Revoked::key);
    }

    @Override
    public Optional<Principal> principal(KeyHash hash) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "SELECT "
                                                + KeyRow.COLUMNS
                                                + """
                                                FROM api_key k
                                                JOIN wallet w
                                                    ON w.organization_id = k.organization_id
                                                WHERE k.hash = :hash AND k.revoked_at IS NULL
                                                """)
                                .bind("hash", hash.bytes())
                                .map((row, _) -> KeyRow.read(row, scopes))
                                .findOne()
                                .map(
                                        row ->
                                                row.principal(
                                                        BudgetsInForce.of(
                                                                handle, row.organization()))));
    }

    private Optional<ApiKey> insert(
            KeyId id,
            OrganizationId organization,
            @Nullable ProjectId project,
            String name,
            KeySecret secret) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        INSERT INTO api_key (id, organization_id, project_id, name,
                                            prefix, hash, created_at)
                                        SELECT :id, :organization, p.id, :name, :prefix, :hash, :at
                                        FROM project p
                                        WHERE p.organization_id = :organization
                                            AND CASE WHEN CAST(:project AS uuid) IS NULL
                                                THEN p.standard
                                                ELSE p.id = CAST(:project AS uuid) END
                                        RETURNING id, organization_id, project_id, name, prefix,
                                            created_at, revoked_at, last_used_at
                                        """)
                                .bind("id", id.uuid())
                                .bind("organization", organization.uuid())
                                .bindByType(
                                        "project",
                                        project == null ? null : project.uuid(),
                                        UUID.class)
                                .bind("name", name)
                                .bind("prefix", secret.prefix())
                                .bind("hash", secret.hash().bytes())
                                .bind("at", clock.now())
                                .map((row, _) -> read(row))
                                .findOne());
    }

    private static ApiKey read(ResultSet row) throws SQLException {
        return new ApiKey(
                new KeyId(row.getObject("id", UUID.class)),
                new OrganizationId(row.getObject("organization_id", UUID.class)),
                new ProjectId(row.getObject("project_id", UUID.class)),
                row.getString("name"),
                row.getString("prefix"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row, "revoked_at"),
                instant(row, "last_used_at"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }
}
