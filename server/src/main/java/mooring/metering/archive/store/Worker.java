package mooring.metering.archive.store;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import mooring.json.Json;

/// The process in which the native code runs: one task for each life of it. When it crashes or runs
/// out of memory, the server only learns that.
///
/// Tasks: `pack KIND FILE RESULT` reads rows as text from standard input, `find QUERY RESULT`
/// searches files. Secrets and prompts never come here.
public final class Worker {

    private static final String MEMORY = "256MB";
    private static final int ROW_GROUP = 50_000;

    private Worker() {}

    public static void main(String[] arguments) throws Exception {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET memory_limit = '" + MEMORY + "'");
            statement.execute("SET threads = 1");
            statement.execute("SET temp_directory = " + literal(temporary.toString()));
            switch (arguments[0]) {
                case "pack" ->
                        pack(
                                statement,
                                Columns.of(arguments[1]),
                                Path.of(arguments[2]),
                                Path.of(arguments[3]));
                case "find" -> find(connection, Path.of(arguments[1]), Path.of(arguments[2]));
                default ->
                        throw new IllegalArgumentException(
                                arguments[0] + " (expected: pack or find)");
            }
        }
    }

    /// Writes the file, then reads all of it again and tells what is in it.
    private static void pack(Statement statement, Columns columns, Path file, Path result)
            throws SQLException, IOException {
        String texts =
                columns.all().stream()
                        .map(column -> "'" + column.name() + "': 'VARCHAR'")
                        .collect(Collectors.joining(", ", "{", "}"));
        statement.execute(
                "COPY (SELECT "
                        + columns.toParquet()
                        + " FROM read_csv('/dev/stdin', header = false, auto_detect = false,"
                        + " quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
                        + " max_line_size = 4194304, columns = "
                        + texts
                        + ")) TO "
                        + literal(file.toString())
                        + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE "
                        + ROW_GROUP
                        + ")");
        MessageDigest digest = sha256();
        ObjectNode told = Json.MAPPER.createObjectNode();
        long rows = 0;
        try (ResultSet row =
                statement.executeQuery(
                        "SELECT "
                                + columns.fromParquet()
                                + " FROM read_parquet("
                                + literal(file.toString())
                                + ")")) {
            int width = columns.all().size();
            while (row.next()) {
                StringBuilder line = new StringBuilder();
                for (int i = 1; i <= width; i++) {
                    String text = row.getString(i);
                    line.append(i == 1 ? "" : ",");
                    if (text != null) {
                        line.append('"').append(text.replace("\"", "\"\"")).append('"');
                    }
                }
                digest.update(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
                rows++;
            }
        }
        told.put("rows", rows).put("content_sha256", HexFormat.of().formatHex(digest.digest()));
        if (columns.equals(Columns.SETTLEMENT)) {
            try (ResultSet sums =
                    statement.executeQuery(
                            "SELECT CAST(coalesce(sum(charge), 0) AS VARCHAR),"
                                    + " CAST(coalesce(sum(payable), 0) AS VARCHAR),"
                                    + " CAST(coalesce(sum(shortfall), 0) AS VARCHAR),"
                                    + " CAST(coalesce(sum(prompt + output), 0) AS VARCHAR)"
                                    + " FROM read_parquet("
                                    + literal(file.toString())
                                    + ")")) {
                sums.next();
                told.put("charge", sums.getString(1))
                        .put("payable", sums.getString(2))
                        .put("shortfall", sums.getString(3))
                        .put("tokens", sums.getString(4));
            }
        }
        Files.write(result, Json.MAPPER.writeValueAsBytes(told));
    }

    /// Writes what is found as one JSON object of texts a line, newest first.
    private static void find(Connection connection, Path queryFile, Path result)
            throws SQLException, IOException {
        JsonNode query = Json.MAPPER.readTree(Files.readAllBytes(queryFile));
        List<String> values = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        List<String> names =
                new ArrayList<>(
                        Columns.SETTLEMENT.all().stream().map(Columns.Column::name).toList());
        names.add("problem");
        for (String kind : List.of("settlement", "released_request")) {
            if (query.path("files").has(kind)) {
                parts.add(part(kind, names, query, values));
            }
        }
        String sql =
                "SELECT * FROM ("
                        + String.join(" UNION ALL ", parts)
                        + ") ORDER BY request_id DESC LIMIT "
                        + query.path("limit").asLong();
        try (PreparedStatement statement = connection.prepareStatement(sql);
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(result));
                JsonGenerator json = Json.MAPPER.createGenerator(out)) {
            json.setRootValueSeparator(null);
            for (int i = 0; i < values.size(); i++) {
                statement.setString(i + 1, values.get(i));
            }
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    json.writeStartObject();
                    for (String name : names) {
                        String text = row.getString(name);
                        if (text != null) {
                            json.writeStringField(name, text);
                        }
                    }
                    json.writeEndObject();
                    json.writeRaw('\n');
                }
            }
        }
    }

    private static String part(
            String kind, List<String> names, JsonNode query, List<String> values) {
        Columns columns = Columns.of(kind);
        List<String> own = columns.all().stream().map(Columns.Column::name).toList();
        String shown =
                names.stream()
                        .map(name -> own.contains(name) ? name : "CAST(NULL AS VARCHAR) AS " + name)
                        .collect(Collectors.joining(", "));
        StringBuilder where = new StringBuilder("organization_id = CAST(? AS UUID)");
        values.add(query.path("organization").asText());
        condition(query, "id", "request_id = CAST(? AS UUID)", where, values);
        condition(query, "first", "request_id >= CAST(? AS UUID)", where, values);
        condition(query, "bound", "request_id < CAST(? AS UUID)", where, values);
        condition(query, "client", "client_request_id = ?", where, values);
        condition(query, "key", "api_key_id = CAST(? AS UUID)", where, values);
        condition(query, "project", "project_id = CAST(? AS UUID)", where, values);
        condition(query, "model", "model = ?", where, values);
        boolean settled = kind.equals("settlement");
        String cost = settled ? "charge" : "0";
        condition(query, "min_cost", cost + " >= CAST(? AS BIGINT)", where, values);
        condition(query, "max_cost", cost + " <= CAST(? AS BIGINT)", where, values);
        if (query.path("statuses").size() > 0) {
            List<String> marks = new ArrayList<>();
            for (JsonNode status : query.path("statuses")) {
                marks.add("?");
                values.add(status.asText());
            }
            where.append(" AND ")
                    .append(settled ? "lower(ending)" : "coalesce(problem, 'caller_left')")
                    .append(" IN (")
                    .append(String.join(", ", marks))
                    .append(')');
        }
        return "SELECT "
                + shown
                + " FROM (SELECT "
                + columns.fromParquet()
                + " FROM read_parquet("
                + literal(query.path("files").path(kind).asText())
                + ") WHERE "
                + where
                + ")";
    }

    private static void condition(
            JsonNode query,
            String name,
            String condition,
            StringBuilder where,
            List<String> values) {
        if (query.has(name)) {
            where.append(" AND ").append(condition);
            values.add(query.path(name).asText());
        }
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
