package mooring.backup.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import mooring.backup.Manifest;
import org.jspecify.annotations.Nullable;

/// What a database consists of, from its own catalogue, so that no list has to be kept by hand.
///
/// Everything outside PostgreSQL's own schemas counts, except what belongs to an extension, what is
/// temporary, and the record of migrations, which each database keeps of itself.
final class SchemaReader {

    static final String HISTORY = "flyway_schema_history";

    record FoundTable(String schema, String name, List<Manifest.Column> columns) {

        String sql() {
            return quoted(schema) + "." + quoted(name);
        }

        String shown() {
            return schema.equals("public") ? name : schema + "." + name;
        }
    }

    /// @param definition as after `ADD CONSTRAINT name`
    record ForeignKey(String schema, String table, String name, String definition) {}

    /// @param enabled as `pg_trigger.tgenabled`
    record Trigger(String schema, String table, String name, String enabled) {}

    private static final String OURS =
            """
            n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
            AND c.relpersistence <> 't' AND c.relname <> 'flyway_schema_history'
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                AND d.objid = c.oid AND d.deptype = 'e')
            """;

    private final Connection connection;

    SchemaReader(Connection connection) {
        this.connection = connection;
    }

    /// One row of a result as a value.
    @FunctionalInterface
    private interface Read<T> {
        T row(ResultSet row) throws SQLException;
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /// Any relation that somebody made here, the record of migrations included; null without one.
    @Nullable String anything() throws SQLException {
        List<String> found =
                list(
                        """
                        SELECT n.nspname || '.' || c.relname FROM pg_class c
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
                            AND c.relpersistence <> 't'
                            AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                            AND NOT EXISTS (SELECT FROM pg_depend d
                                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                AND d.deptype = 'e')
                        ORDER BY 1 LIMIT 1
                        """,
                        row -> row.getString(1));
        return found.isEmpty() ? null : found.getFirst();
    }

    /// Every table that has rows of its own, partitions among them, by name.
    List<FoundTable> tables() throws SQLException {
        List<FoundTable> tables = new ArrayList<>();
        record One(String schema, String name, Manifest.Column column) {}
        List<One> all =
                list(
                        """
                        SELECT n.nspname, c.relname, a.attname,
                            format_type(a.atttypid, a.atttypmod)
                        FROM pg_class c
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                            AND NOT a.attisdropped AND a.attgenerated = ''
                        WHERE c.relkind = 'r' AND %s
                        ORDER BY n.nspname, c.relname, a.attnum
                        """
                                .formatted(OURS),
                        row ->
                                new One(
                                        row.getString(1),
                                        row.getString(2),
                                        new Manifest.Column(row.getString(3), row.getString(4))));
        String schema = "";
        String name = "";
        List<Manifest.Column> columns = new ArrayList<>();
        for (One one : all) {
            if (!one.schema().equals(schema) || !one.name().equals(name)) {
                if (!columns.isEmpty()) {
                    tables.add(new FoundTable(schema, name, List.copyOf(columns)));
                }
                schema = one.schema();
                name = one.name();
                columns.clear();
            }
            columns.add(one.column());
        }
        if (!columns.isEmpty()) {
            tables.add(new FoundTable(schema, name, List.copyOf(columns)));
        }
        return tables;
    }

    /// Every partition, those that are partitioned themselves first.
    List<Manifest.Partition> partitions() throws SQLException {
        return list(
                """
                SELECT n.nspname, c.relname, pn.nspname, p.relname,
                    pg_get_expr(c.relpartbound, c.oid),
                    CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
                    ARRAY(SELECT quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)
                        FROM pg_constraint k
                        WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.coninhcount = 0
                        ORDER BY k.conname),
                    ARRAY(SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t
                        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0
                        ORDER BY t.tgname)
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_inherits i ON i.inhrelid = c.oid
                JOIN pg_class p ON p.oid = i.inhparent
                JOIN pg_namespace pn ON pn.oid = p.relnamespace
                WHERE c.relispartition AND c.relkind IN ('r', 'p') AND %s
                ORDER BY (SELECT count(*) FROM pg_partition_ancestors(c.oid)), n.nspname, c.relname
                """
                        .formatted(OURS),
                row ->
                        new Manifest.Partition(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                List.of((String[]) row.getArray(7).getArray()),
                                List.of((String[]) row.getArray(8).getArray())));
    }

    /// Every sequence and where it stands; those of identity columns among them.
    List<Manifest.Sequence> sequences() throws SQLException {
        List<Manifest.Sequence> sequences = new ArrayList<>();
        record Name(String schema, String name) {}
        List<Name> names =
                list(
                        """
                        SELECT n.nspname, c.relname FROM pg_class c
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind = 'S' AND %s ORDER BY 1, 2
                        """
                                .formatted(OURS),
                        row -> new Name(row.getString(1), row.getString(2)));
        for (Name name : names) {
            sequences.addAll(
                    list(
                            "SELECT last_value, is_called FROM "
                                    + quoted(name.schema())
                                    + "."
                                    + quoted(name.name()),
                            row ->
                                    new Manifest.Sequence(
                                            name.schema(),
                                            name.name(),
                                            row.getLong(1),
                                            row.getBoolean(2))));
        }
        return sequences;
    }

    List<Manifest.Migration> migrations() throws SQLException {
        return list(
                "SELECT version, checksum FROM "
                        + HISTORY
                        + " WHERE success AND version IS NOT NULL ORDER BY installed_rank",
                row -> new Manifest.Migration(row.getString(1), (Integer) row.getObject(2)));
    }

    /// Foreign keys as they were declared, without their copies on partitions.
    List<ForeignKey> foreignKeys() throws SQLException {
        return list(
                """
                SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)
                FROM pg_constraint k
                JOIN pg_class c ON c.oid = k.conrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE k.contype = 'f' AND k.conparentid = 0 AND %s
                ORDER BY 1, 2, 3
                """
                        .formatted(OURS),
                row ->
                        new ForeignKey(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4)));
    }

    /// Triggers that would fire when rows are put into tables.
    List<Trigger> triggers() throws SQLException {
        return list(
                """
                SELECT n.nspname, c.relname, t.tgname, t.tgenabled
                FROM pg_trigger t
                JOIN pg_class c ON c.oid = t.tgrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relkind = 'r' AND %s
                ORDER BY 1, 2, 3
                """
                        .formatted(OURS),
                row ->
                        new Trigger(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4)));
    }

    List<String> materializedViews() throws SQLException {
        return list(
                """
                SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'm' AND %s ORDER BY 1
                """
                        .formatted(OURS),
                row -> row.getString(1));
    }

    private <T> List<T> list(String sql, Read<T> read) throws SQLException {
        List<T> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(read.row(rows));
            }
        }
        return found;
    }
}
