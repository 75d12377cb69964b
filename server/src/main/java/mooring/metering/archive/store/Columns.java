package mooring.metering.archive.store;

import java.util.List;
import java.util.stream.Collectors;

/// What of a settlement or a released request goes to the archive: everything. Each value has one
/// text that both databases write alike, so that a day can be compared to the letter.
record Columns(String kind, List<Column> all) {

    /// How a value is kept in a file, and which text it has.
    enum Form {
        UUID,
        TEXT,
        NUMBER,
        /// 0 or 1.
        FLAG,
        /// Microseconds since 1970.
        TIME
    }

    record Column(String name, Form form) {}

    static final Columns SETTLEMENT =
            new Columns(
                    "settlement",
                    List.of(
                            uuid("request_id"),
                            uuid("organization_id"),
                            uuid("project_id"),
                            uuid("api_key_id"),
                            uuid("wallet_id"),
                            text("model"),
                            text("tier"),
                            text("client_request_id"),
                            time("admitted_at"),
                            time("finished_at"),
                            flag("streamed"),
                            text("ending"),
                            flag("estimated"),
                            number("prompt"),
                            number("input_uncached"),
                            number("cache_read"),
                            number("cache_write_5m"),
                            number("cache_write_1h"),
                            number("output"),
                            number("reasoning"),
                            text("calls"),
                            uuid("price_version_id"),
                            text("currency"),
                            number("charge"),
                            number("payable"),
                            number("shortfall"),
                            number("held"),
                            uuid("booking"),
                            text("node_id"),
                            number("epoch"),
                            text("replica"),
                            number("attempts"),
                            text("timeline")));

    static final Columns RELEASED =
            new Columns(
                    "released_request",
                    List.of(
                            uuid("request_id"),
                            uuid("organization_id"),
                            uuid("project_id"),
                            uuid("api_key_id"),
                            uuid("wallet_id"),
                            text("model"),
                            text("tier"),
                            text("client_request_id"),
                            time("admitted_at"),
                            time("finished_at"),
                            flag("streamed"),
                            text("problem"),
                            text("replica"),
                            number("attempts"),
                            text("timeline"),
                            text("node_id"),
                            number("epoch")));

    static Columns of(String kind) {
        return switch (kind) {
            case "settlement" -> SETTLEMENT;
            case "released_request" -> RELEASED;
            default -> throw new IllegalArgumentException("kind: " + kind);
        };
    }

    /// The columns as PostgreSQL writes their texts.
    String fromPostgres() {
        return all.stream()
                .map(
                        column ->
                                switch (column.form()) {
                                    case UUID, TEXT, NUMBER -> column.name() + "::text";
                                    case FLAG -> column.name() + "::int::text";
                                    case TIME ->
                                            "(extract(epoch FROM "
                                                    + column.name()
                                                    + ") * 1000000)::bigint::text";
                                })
                .collect(Collectors.joining(", "));
    }

    /// The same texts as typed columns of a file.
    String toParquet() {
        return all.stream()
                .map(
                        column ->
                                switch (column.form()) {
                                            case UUID -> "CAST(" + column.name() + " AS UUID)";
                                            case TEXT -> column.name();
                                            case NUMBER -> "CAST(" + column.name() + " AS BIGINT)";
                                            case FLAG ->
                                                    "CAST(CAST("
                                                            + column.name()
                                                            + " AS INTEGER) AS BOOLEAN)";
                                            case TIME ->
                                                    "make_timestamp(CAST("
                                                            + column.name()
                                                            + " AS BIGINT))";
                                        }
                                        + " AS "
                                        + column.name())
                .collect(Collectors.joining(", "));
    }

    /// The texts again, from a file's columns.
    String fromParquet() {
        return all.stream()
                .map(
                        column ->
                                switch (column.form()) {
                                            case UUID, TEXT, NUMBER ->
                                                    "CAST(" + column.name() + " AS VARCHAR)";
                                            case FLAG ->
                                                    "CAST(CAST("
                                                            + column.name()
                                                            + " AS INTEGER) AS VARCHAR)";
                                            case TIME ->
                                                    "CAST(epoch_us("
                                                            + column.name()
                                                            + ") AS VARCHAR)";
                                        }
                                        + " AS "
                                        + column.name())
                .collect(Collectors.joining(", "));
    }

    private static Column uuid(String name) {
        return new Column(name, Form.UUID);
    }

    private static Column text(String name) {
        return new Column(name, Form.TEXT);
    }

    private static Column number(String name) {
        return new Column(name, Form.NUMBER);
    }

    private static Column flag(String name) {
        return new Column(name, Form.FLAG);
    }

    private static Column time(String name) {
        return new Column(name, Form.TIME);
    }
}
