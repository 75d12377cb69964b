package mooring.backup.store;

import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import mooring.backup.Archive;
import mooring.backup.BackupException;
import mooring.backup.Manifest;
import mooring.sql.Database;
import mooring.sql.StoreException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/// Brings an archive's rows into an empty database: the schema at the archive's version first, then
/// every row in one transaction, then whatever migrations came since. For one thread.
///
/// While rows are loaded no trigger fires, since those that refuse changes or count would do so
/// again, and no foreign key is there, since tables come in no order. Both are back when the
/// transaction commits, and every foreign key has been checked over all rows then.
public final class ArchiveLoader {

    /// Checking a foreign key over all rows says nothing until it is done.
    private static final Duration SILENCE = Duration.ofHours(6);

    private static final int BUFFER_BYTES = 1 << 16;

    private final Database database;
    private final Archive archive;
    private final Consumer<String> progress;
    private final Consumer<Database> migrated;

    public ArchiveLoader(Database database, Archive archive, Consumer<String> progress) {
        this(database, archive, progress, _ -> {});
    }

    /// @param migrated makes what else the archive has besides the migrations' tables
    ArchiveLoader(
            Database database,
            Archive archive,
            Consumer<String> progress,
            Consumer<Database> migrated) {
        this.database = database;
        this.archive = archive;
        this.progress = progress;
        this.migrated = migrated;
    }

    /// @return how many migrations were applied after the rows were there
    /// @throws StoreException when the database is not empty, or the archive is not of a version
    ///   that this program knows; nothing was changed then
    /// @throws BackupException when the archive does not fit its own version's schema
    public int load() {
        try (Connection connection = PostgresBackups.connect(database.address(), SILENCE)) {
            requireEmpty(connection);
            database.migrateTo(requireKnownVersion());
            migrated.accept(database);
            connection.setAutoCommit(false);
            load(connection);
            connection.commit();
            connection.setAutoCommit(true);
            execute(connection, "ANALYZE");
        } catch (SQLException e) {
            throw new StoreException(
                    database.address().shown()
                            + ": the backup cannot be loaded: "
                            + oneLine(e.getMessage())
                            + " (nothing was loaded; make the database anew before another try)",
                    e);
        }
        return database.migrate();
    }

    private void requireEmpty(Connection connection) throws SQLException {
        String there = new SchemaReader(connection).anything();
        if (there != null) {
            throw new StoreException(
                    database.address().shown()
                            + ": has tables already, such as "
                            + there
                            + " (expected: an empty database; make a new one and restore into it)");
        }
    }

    /// @return the highest version in the archive
    private String requireKnownVersion() {
        SortedMap<String, Integer> known = database.knownMigrations();
        List<Manifest.Migration> migrations = archive.manifest().migrations();
        if (migrations.isEmpty()) {
            throw new BackupException("the backup names no schema version");
        }
        Map<String, @Nullable Integer> written = new LinkedHashMap<>();
        String highest = migrations.getFirst().version();
        for (Manifest.Migration migration : migrations) {
            written.put(migration.version(), migration.checksum());
            if (known.comparator().compare(migration.version(), highest) > 0) {
                highest = migration.version();
            }
        }
        if (known.comparator().compare(highest, known.lastKey()) > 0) {
            throw new StoreException(
                    "the backup has schema version "
                            + highest
                            + ", written by release "
                            + archive.manifest().product()
                            + " (expected: at most "
                            + known.lastKey()
                            + ", which this program knows; restore it with that release)");
        }
        Map<String, Integer> wanted = new LinkedHashMap<>();
        for (Map.Entry<String, Integer> migration : known.entrySet()) {
            if (known.comparator().compare(migration.getKey(), highest) <= 0) {
                wanted.put(migration.getKey(), migration.getValue());
            }
        }
        if (!wanted.equals(written)) {
            throw new StoreException(
                    "the backup was written by a schema version "
                            + highest
                            + " of its own, with the migrations "
                            + String.join(", ", written.keySet())
                            + " (expected: "
                            + String.join(", ", wanted.keySet())
                            + " as this program knows them; restore it with release "
                            + archive.manifest().product()
                            + ")");
        }
        return highest;
    }

    private void load(Connection connection) throws SQLException {
        SchemaReader schema = new SchemaReader(connection);
        execute(connection, "SET LOCAL TimeZone = 'UTC'");
        execute(connection, "SET LOCAL row_security = off");
        List<SchemaReader.ForeignKey> foreignKeys = schema.foreignKeys();
        for (SchemaReader.ForeignKey key : foreignKeys) {
            execute(
                    connection,
                    "ALTER TABLE %s DROP CONSTRAINT %s"
                            .formatted(
                                    name(key.schema(), key.table()),
                                    SchemaReader.quoted(key.name())));
        }
        matchPartitions(connection, schema);
        requireSameTables(schema.tables());
        List<SchemaReader.Trigger> triggers = schema.triggers();
        for (SchemaReader.Trigger trigger : triggers) {
            change(connection, trigger, "DISABLE");
        }
        List<Manifest.Table> tables = archive.manifest().tables();
        execute(
                connection,
                "TRUNCATE "
                        + tables.stream()
                                .map(table -> name(table.schema(), table.name()))
                                .collect(Collectors.joining(", ")));
        for (Manifest.Table table : tables) {
            copy(connection, table);
        }
        for (Manifest.Sequence sequence : archive.manifest().sequences()) {
            set(connection, sequence);
        }
        execute(connection, "SET CONSTRAINTS ALL IMMEDIATE");
        for (SchemaReader.Trigger trigger : triggers) {
            change(
                    connection,
                    trigger,
                    switch (trigger.enabled()) {
                        case "A" -> "ENABLE ALWAYS";
                        case "R" -> "ENABLE REPLICA";
                        default -> "ENABLE";
                    });
        }
        for (SchemaReader.ForeignKey key : foreignKeys) {
            execute(
                    connection,
                    "ALTER TABLE %s ADD CONSTRAINT %s %s"
                            .formatted(
                                    name(key.schema(), key.table()),
                                    SchemaReader.quoted(key.name()),
                                    key.definition()));
        }
        for (String view : schema.materializedViews()) {
            execute(connection, "REFRESH MATERIALIZED VIEW " + view);
        }
    }

    /// Partitions come and go while a server runs: here they become those of the archive.
    private void matchPartitions(Connection connection, SchemaReader schema) throws SQLException {
        Map<String, Manifest.Partition> here = new HashMap<>();
        for (Manifest.Partition partition : schema.partitions()) {
            here.put(name(partition.schema(), partition.name()), partition);
        }
        List<Manifest.Partition> missing = new ArrayList<>();
        for (Manifest.Partition partition : archive.manifest().partitions()) {
            if (!partition.equals(here.get(name(partition.schema(), partition.name())))) {
                missing.add(partition);
            } else {
                here.remove(name(partition.schema(), partition.name()));
            }
        }
        for (String other : here.keySet()) {
            execute(connection, "DROP TABLE IF EXISTS " + other);
        }
        for (Manifest.Partition partition : missing) {
            String table = name(partition.schema(), partition.name());
            String key = partition.partitionKey();
            execute(
                    connection,
                    "CREATE TABLE %s PARTITION OF %s %s%s"
                            .formatted(
                                    table,
                                    name(partition.parentSchema(), partition.parent()),
                                    partition.bound(),
                                    key == null ? "" : " PARTITION BY " + key));
            for (String constraint : partition.constraints()) {
                execute(connection, "ALTER TABLE " + table + " ADD CONSTRAINT " + constraint);
            }
            for (String trigger : partition.triggers()) {
                execute(connection, trigger);
            }
        }
    }

    private void requireSameTables(List<SchemaReader.FoundTable> here) {
        Map<String, SchemaReader.FoundTable> unmatched = new LinkedHashMap<>();
        here.forEach(table -> unmatched.put(table.sql(), table));
        for (Manifest.Table table : archive.manifest().tables()) {
            SchemaReader.FoundTable match = unmatched.remove(name(table.schema(), table.name()));
            if (match == null || !match.columns().equals(table.columns())) {
                throw new BackupException(
                        "the backup's table "
                                + table.shown()
                                + " has the columns "
                                + columns(table.columns())
                                + " (expected: "
                                + (match == null ? "no such table" : columns(match.columns()))
                                + ")");
            }
        }
        if (!unmatched.isEmpty()) {
            throw new BackupException(
                    "the backup does not have the table "
                            + unmatched.values().iterator().next().shown()
                            + " (expected: every table of its version)");
        }
    }

    private void copy(Connection connection, Manifest.Table table) throws SQLException {
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        long rows;
        try (InputStream in = archive.open(table)) {
            rows =
                    copies.copyIn(
                            "COPY %s (%s) FROM STDIN"
                                    .formatted(
                                            name(table.schema(), table.name()),
                                            table.columns().stream()
                                                    .map(Manifest.Column::name)
                                                    .map(SchemaReader::quoted)
                                                    .collect(Collectors.joining(", "))),
                            in,
                            BUFFER_BYTES);
        } catch (IOException e) {
            throw new BackupException(
                    "the backup's table " + table.shown() + " cannot be read: " + e.getMessage(),
                    e);
        }
        if (rows != table.rows()) {
            throw new BackupException(
                    "the backup's table "
                            + table.shown()
                            + " gave "
                            + rows
                            + " rows (expected: "
                            + table.rows()
                            + ")");
        }
        progress.accept("%s: %,d rows".formatted(table.shown(), rows));
    }

    private static void set(Connection connection, Manifest.Sequence sequence) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT setval(?::regclass, ?, ?)")) {
            statement.setString(1, name(sequence.schema(), sequence.name()));
            statement.setLong(2, sequence.lastValue());
            statement.setBoolean(3, sequence.called());
            statement.execute();
        }
    }

    private static void change(Connection connection, SchemaReader.Trigger trigger, String how)
            throws SQLException {
        execute(
                connection,
                "ALTER TABLE %s %s TRIGGER %s"
                        .formatted(
                                name(trigger.schema(), trigger.table()),
                                how,
                                SchemaReader.quoted(trigger.name())));
    }

    private static String columns(List<Manifest.Column> columns) {
        return columns.stream()
                .map(column -> column.name() + " " + column.type())
                .collect(Collectors.joining(", "));
    }

    private static String name(String schema, String name) {
        return SchemaReader.quoted(schema) + "." + SchemaReader.quoted(name);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String oneLine(@Nullable String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }
}
