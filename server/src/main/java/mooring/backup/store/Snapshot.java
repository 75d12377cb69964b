package mooring.backup.store;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import mooring.backup.ArchiveWriter;
import mooring.backup.Manifest;
import mooring.ids.BackupId;
import mooring.sql.StoreException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;

/// One moment of a database, written table by table while others go on writing. For one thread, on
/// a connection of its own.
final class Snapshot {

    /// A table may be dropped between being found and being locked; then it is looked for anew.
    private static final int ATTEMPTS = 3;

    private static final String UNDEFINED_TABLE = "42P01";

    /// Waiting longer would hold up everybody who comes after.
    private static final String LOCK_TIMEOUT = "10s";

    private final Connection connection;

    /// @param connection fresh; it is left inside its transaction
    Snapshot(Connection connection) {
        this.connection = connection;
    }

    /// @param nodes how far each node had been drained before this call
    /// @return what was written; the manifest's end is the archive's
    Result write(OutputStream to, BackupId id, String product, List<Manifest.NodePosition> nodes)
            throws SQLException, IOException {
        List<SchemaReader.FoundTable> tables = begin();
        SchemaReader schema = new SchemaReader(connection);
        ArchiveWriter archive = new ArchiveWriter(to);
        List<Manifest.Table> written = new ArrayList<>();
        for (SchemaReader.FoundTable table : tables) {
            written.add(table(archive, table, written.size() + 1));
        }
        // Last, and so at least as far as any row: sequences know no snapshot.
        List<Manifest.Sequence> sequences = schema.sequences();
        Manifest manifest =
                new Manifest(
                        Manifest.FORMAT,
                        product,
                        id.toString(),
                        text("SELECT id::text FROM installation"),
                        text(
                                "SELECT to_char(now() AT TIME ZONE 'UTC',"
                                        + " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
                        text("SHOW server_version"),
                        schema.migrations(),
                        nodes,
                        schema.partitions(),
                        written,
                        sequences);
        return new Result(manifest, archive.finish(manifest));
    }

    record Result(Manifest manifest, ArchiveWriter.Finished finished) {}

    /// Takes the snapshot, and of every table in it the lock that keeps it from being changed in
    /// its form, or emptied, until its turn has come.
    private List<SchemaReader.FoundTable> begin() throws SQLException {
        for (int attempt = 1; ; attempt++) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            execute("SET LOCAL TimeZone = 'UTC'");
            execute("SET LOCAL row_security = off");
            execute("SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
            List<SchemaReader.FoundTable> tables = new SchemaReader(connection).tables();
            if (tables.isEmpty()) {
                throw new StoreException("backup: the database has no tables");
            }
            try {
                execute(
                        "LOCK TABLE "
                                + tables.stream()
                                        .map(SchemaReader.FoundTable::sql)
                                        .collect(Collectors.joining(", "))
                                + " IN ACCESS SHARE MODE");
                return tables;
            } catch (SQLException e) {
                connection.rollback();
                if (!UNDEFINED_TABLE.equals(e.getSQLState()) || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Manifest.Table table(ArchiveWriter archive, SchemaReader.FoundTable table, int number)
            throws SQLException, IOException {
        String entry = "tables/%04d-%s.%s".formatted(number, table.schema(), table.name());
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        long[] rows = new long[1];
        ArchiveWriter.Content content =
                archive.table(
                        entry,
                        to -> {
                            try {
                                rows[0] = copy(copies, table, to);
                            } catch (SQLException e) {
                                throw new IOException(table.shown() + ": " + e.getMessage(), e);
                            }
                        });
        return new Manifest.Table(
                table.schema(),
                table.name(),
                entry,
                table.columns(),
                rows[0],
                content.bytes(),
                content.sha256());
    }

    private static long copy(CopyManager copies, SchemaReader.FoundTable table, OutputStream to)
            throws SQLException, IOException {
        byte[] piece = new byte[PIECE_BYTES];
        int filled = 0;
        CopyOut rows =
                copies.copyOut("COPY " + table.sql() + " (" + columns(table) + ") TO STDOUT");
        boolean whole = false;
        try {
            for (byte[] row = rows.readFromCopy(); row != null; row = rows.readFromCopy()) {
                if (filled + row.length > piece.length) {
                    to.write(piece, 0, filled);
                    filled = 0;
                }
                if (row.length > piece.length) {
                    to.write(row, 0, row.length);
                } else {
                    System.arraycopy(row, 0, piece, filled, row.length);
                    filled += row.length;
                }
            }
            to.write(piece, 0, filled);
            whole = true;
            return rows.getHandledRowCount();
        } finally {
            if (!whole && rows.isActive()) {
                rows.cancelCopy();
            }
        }
    }

    private static final int PIECE_BYTES = 1 << 16;

    static String columns(SchemaReader.FoundTable table) {
        return table.columns().stream()
                .map(column -> SchemaReader.quoted(column.name()))
                .collect(Collectors.joining(", "));
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
