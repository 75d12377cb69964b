package mooring.backup.store;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import mooring.backup.Backups;
import mooring.backup.Manifest;
import mooring.ids.BackupId;
import mooring.ids.IdGenerator;
import mooring.sql.Database;
import mooring.sql.DatabaseAddress;
import mooring.sql.StoreException;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.RowMapper;

/// Archives of the database that this process works on, each on a connection outside the pool.
public final class PostgresBackups implements Backups {

    private static final Duration CONNECT = Duration.ofSeconds(10);

    /// The server may look for a while for the first row that is still there.
    private static final Duration SILENCE = Duration.ofMinutes(10);

    private static final String COLUMNS =
            "id, taken_at, verified_at, bytes, sha256, table_count, row_count";

    private static final RowMapper<Taken> TAKEN =
            (row, _) ->
                    new Taken(
                            new BackupId(row.getObject("id", java.util.UUID.class)),
                            row.getObject("taken_at", java.time.OffsetDateTime.class).toInstant(),
                            row.getObject("verified_at") == null
                                    ? null
                                    : row.getObject("verified_at", java.time.OffsetDateTime.class)
                                            .toInstant(),
                            row.getLong("bytes"),
                            HexFormat.of().formatHex(row.getBytes("sha256")),
                            row.getInt("table_count"),
                            row.getLong("row_count"));

    private final DatabaseAddress address;
    private final Jdbi jdbi;
    private final IdGenerator ids;
    private final String product;
    private final Supplier<List<Manifest.NodePosition>> nodes;

    /// @param product this program's version
    /// @param nodes how far the nodes' journals are booked; asked before the snapshot is taken
    public PostgresBackups(
            Database database,
            IdGenerator ids,
            String product,
            Supplier<List<Manifest.NodePosition>> nodes) {
        this.address = database.address();
        this.jdbi = database.jdbi();
        this.ids = ids;
        this.product = product;
        this.nodes = nodes;
    }

    @Override
    public Taken take(OutputStream to) throws IOException {
        BackupId id = new BackupId(ids.next());
        List<Manifest.NodePosition> before = nodes.get();
        Snapshot.Result written;
        try (Connection connection = connect(address, SILENCE)) {
            try {
                written = new Snapshot(connection).write(to, id, product, before);
            } catch (IOException | SQLException | RuntimeException e) {
                rollBack(connection, e);
                throw e;
            }
            connection.rollback();
        } catch (SQLException e) {
            throw new StoreException("backup: " + e.getMessage(), e);
        }
        Manifest manifest = written.manifest();
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        INSERT INTO backup (id, taken_at, written_at, bytes, sha256,
                                            table_count, row_count)
                                        VALUES (:id, :taken, now(), :bytes, :sha256, :tables, :rows)
                                        RETURNING %s
                                        """
                                                .formatted(COLUMNS))
                                .bindMap(
                                        Map.of(
                                                "id", id.uuid(),
                                                "taken", Instant.parse(manifest.takenAt()),
                                                "bytes", written.finished().bytes(),
                                                "sha256",
                                                        HexFormat.of()
                                                                .parseHex(
                                                                        written.finished()
                                                                                .sha256()),
                                                "tables", manifest.tables().size(),
                                                "rows", manifest.rows()))
                                .map(TAKEN)
                                .one());
    }

    /// Where a copy was broken off, the server may say so only now; that is not why.
    private static void rollBack(Connection connection, Exception why) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    @Override
    public Optional<Taken> verified(BackupId id, String sha256) {
        return jdbi.inTransaction(
                handle -> {
                    handle.createUpdate(
                                    """
                                    UPDATE backup SET verified_at = now()
                                    WHERE id = :id AND sha256 = decode(:sha256, 'hex')
                                        AND verified_at IS NULL
                                    """)
                            .bind("id", id.uuid())
                            .bind("sha256", sha256)
                            .execute();
                    return handle.createQuery("SELECT " + COLUMNS + " FROM backup WHERE id = :id")
                            .bind("id", id.uuid())
                            .map(TAKEN)
                            .findOne();
                });
    }

    @Override
    public Optional<Taken> lastVerified() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT %s FROM backup WHERE verified_at IS NOT NULL
                                        ORDER BY taken_at DESC LIMIT 1
                                        """
                                                .formatted(COLUMNS))
                                .map(TAKEN)
                                .findOne());
    }

    /// @param silence how long the server may say nothing
    static Connection connect(DatabaseAddress address, Duration silence) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", address.user());
        properties.setProperty("password", address.password());
        properties.setProperty("ApplicationName", "mooring backup");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", Long.toString(CONNECT.toSeconds()));
        properties.setProperty("socketTimeout", Long.toString(silence.toSeconds()));
        return DriverManager.getConnection(address.jdbcUrl(), properties);
    }
}
