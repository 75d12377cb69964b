package mooring.responses.store;

import java.io.ByteArrayOutputStream;
import java.sql.Array;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import mooring.crypto.MasterKey;
import mooring.ids.RequestId;
import mooring.responses.KeptResponses;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.Argument;
import org.jspecify.annotations.Nullable;

/// Kept responses, sealed piece by piece with the instance's master key. Each piece's place names
/// the owner, the response and the piece, so that none opens anywhere else.
public final class PostgresKeptResponses implements KeptResponses {

    private static final int PIECE_BYTES = 48 * 1024;

    private final Jdbi jdbi;
    private final MasterKey key;
    private final Clock clock;

    public PostgresKeptResponses(Jdbi jdbi, MasterKey key, Clock clock) {
        this.jdbi = jdbi;
        this.key = key;
        this.clock = clock;
    }

    @Override
    public boolean put(Owner owner, RequestId id, byte[] document) {
        if (document.length > MAX_BYTES) {
            return false;
        }
        int count = Math.ceilDiv(document.length, PIECE_BYTES);
        byte[][] pieces = new byte[count][];
        for (int i = 0; i < count; i++) {
            int from = i * PIECE_BYTES;
            byte[] piece =
                    Arrays.copyOfRange(
                            document, from, Math.min(document.length, from + PIECE_BYTES));
            pieces[i] = key.seal(place(owner, id, i, count), piece);
        }
        Instant now = clock.now();
        return jdbi.withHandle(
                handle ->
                        handle.createUpdate(
                                                """
                                                INSERT INTO kept_response
                                                    (request_id, organization_id, project_id,
                                                     pieces, kept_at, ends_at)
                                                VALUES (:id, :organization, :project,
                                                        :pieces, :now, :ends)
                                                """)
                                        .bindMap(
                                                Map.of(
                                                        "id", id.uuid(),
                                                        "organization", owner.organization().uuid(),
                                                        "project", owner.project().uuid(),
                                                        "now", now,
                                                        "ends", now.plus(LIFETIME)))
                                        .bind("pieces", array(pieces))
                                        .execute()
                                == 1);
    }

    @Override
    public Optional<byte[]> get(Owner owner, RequestId id) {
        return jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                SELECT pieces FROM kept_response
                                                WHERE request_id = :id
                                                  AND organization_id = :organization
                                                  AND project_id = :project
                                                  AND ends_at > :now
                                                """)
                                        .bindMap(named(owner, id))
                                        .bind("now", clock.now())
                                        .map((row, _) -> pieces(row.getArray("pieces")))
                                        .findOne())
                .map(pieces -> opened(owner, id, pieces));
    }

    private byte[] opened(Owner owner, RequestId id, byte[][] pieces) {
        ByteArrayOutputStream document = new ByteArrayOutputStream(pieces.length * PIECE_BYTES);
        for (int i = 0; i < pieces.length; i++) {
            document.writeBytes(key.open(place(owner, id, i, pieces.length), pieces[i]));
        }
        return document.toByteArray();
    }

    @Override
    public boolean delete(Owner owner, RequestId id) {
        return jdbi.withHandle(
                handle ->
                        handle.createUpdate(
                                                """
                                                DELETE FROM kept_response
                                                WHERE request_id = :id
                                                  AND organization_id = :organization
                                                  AND project_id = :project
                                                  AND ends_at > :now
                                                """)
                                        .bindMap(named(owner, id))
                                        .bind("now", clock.now())
                                        .execute()
                                == 1);
    }

    /// Deletes what has had its time, and what is too many of one project.
    public void sweep() {
        jdbi.useHandle(
                handle -> {
                    handle.createUpdate("DELETE FROM kept_response WHERE ends_at <= :now")
                            .bind("now", clock.now())
                            .execute();
                    handle.createUpdate(
                                    """
                                    DELETE FROM kept_response WHERE request_id IN (
                                        SELECT request_id FROM (
                                            SELECT request_id, row_number() OVER (
                                                PARTITION BY project_id ORDER BY request_id DESC
                                            ) AS place FROM kept_response
                                        ) numbered WHERE place > :most)
                                    """)
                            .bind("most", MAX_OF_PROJECT)
                            .execute();
                });
    }

    private static Map<String, Object> named(Owner owner, RequestId id) {
        return Map.of(
                "id", id.uuid(),
                "organization", owner.organization().uuid(),
                "project", owner.project().uuid());
    }

    private static Argument array(byte[][] pieces) {
        return (position, statement, _) ->
                statement.setArray(
                        position, statement.getConnection().createArrayOf("bytea", pieces));
    }

    private static byte[][] pieces(@Nullable Array array) throws SQLException {
        return array == null ? new byte[0][] : (byte[][]) array.getArray();
    }

    private static String place(Owner owner, RequestId id, int piece, int of) {
        return "response/%s/%s/%s/%d/%d"
                .formatted(owner.organization(), owner.project(), id, piece, of);
    }
}
