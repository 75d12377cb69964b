package mooring.metering.archive.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mooring.json.Json;
import mooring.metering.ArchiveException;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes cold days out of the database: written to a file, read back and compared to the letter,
/// and only then dropped, in the transaction that seals the day. Whatever fails on the way, the day
/// stays where it was.
public final class Archiver {

    private static final Logger LOG = LoggerFactory.getLogger(Archiver.class);

    private static final Duration PACK = Duration.ofHours(2);

    private final Jdbi jdbi;
    private final ArchiveFolder folder;
    private final String node;
    private final Clock clock;
    private final int afterDays;

    /// What was found in a day before it went.
    private record Written(
            long rows,
            String content,
            BigDecimal charge,
            BigDecimal payable,
            BigDecimal shortfall,
            BigDecimal tokens) {}

    /// @param afterDays how many whole days a day stays in the database; 0 for ever
    public Archiver(Jdbi jdbi, ArchiveFolder folder, String node, Clock clock, int afterDays) {
        this.jdbi = jdbi;
        this.folder = folder;
        this.node = node;
        this.clock = clock;
        this.afterDays = afterDays;
    }

    /// Archives every day that is due, oldest first; returns how many. A day that fails stops no
    /// other.
    ///
    /// @throws ArchiveException when some days failed, after all others were done
    public int run() {
        if (afterDays == 0) {
            return 0;
        }
        LocalDate until = clock.now().atZone(ZoneOffset.UTC).toLocalDate().minusDays(afterDays);
        folder.clear();
        int archived = 0;
        Map<LocalDate, RuntimeException> failed = new LinkedHashMap<>();
        for (LocalDate day : due(until)) {
            try {
                archive(day);
                archived++;
            } catch (RuntimeException e) {
                LOG.error("{}: not archived, it stays in the database", day, e);
                failed.put(day, e);
            }
        }
        if (!failed.isEmpty()) {
            throw new ArchiveException(
                    "not archived: " + failed.keySet() + ", " + archived + " other days are",
                    failed.values().iterator().next());
        }
        return archived;
    }

    /// Archives what there is of one day.
    void archive(LocalDate day) {
        // Released first: with its settlements sealed, a day counts as archived.
        archive(Columns.RELEASED, day);
        archive(Columns.SETTLEMENT, day);
    }

    private List<LocalDate> due(LocalDate until) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT DISTINCT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
                                        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                                        WHERE i.inhparent IN ('settlement'::regclass,
                                                'released_request'::regclass)
                                            AND c.relname ~ '_[0-9]{8}$'
                                            AND to_date(right(c.relname, 8), 'YYYYMMDD') < :until
                                        ORDER BY 1
                                        """)
                                .bind("until", until)
                                .mapTo(LocalDate.class)
                                .list());
    }

    private void archive(Columns columns, LocalDate day) {
        String partition = columns.kind() + "_" + day.toString().replace("-", "");
        boolean there =
                jdbi.withHandle(
                        handle ->
                                handle.createQuery("SELECT to_regclass(:name) IS NOT NULL")
                                        .bind("name", partition)
                                        .mapTo(Boolean.class)
                                        .one());
        if (!there) {
            return;
        }
        Path unfinished = folder.temporaryFile(columns.kind(), ".parquet");
        Path result = folder.temporaryFile(columns.kind(), ".json");
        try {
            Written[] written = new Written[1];
            folder.worker()
                    .run(
                            PACK,
                            out -> written[0] = write(columns, partition, out),
                            "pack",
                            columns.kind(),
                            unfinished.toString(),
                            result.toString());
            compare(columns, day, written[0], Json.MAPPER.readTree(Files.readAllBytes(result)));
            String file = columns.kind() + "/" + day + ".parquet";
            byte[] hash = ArchiveFolder.sha256(unfinished);
            long bytes = Files.size(unfinished);
            ArchiveFolder.keep(unfinished, folder.resolve(file));
            manifest(columns, day, file, bytes, hash, written[0]);
            seal(columns, day, partition, file, bytes, hash, written[0]);
            LOG.info(
                    "archived {} of {}: {} rows in {}",
                    columns.kind(),
                    day,
                    written[0].rows(),
                    file);
        } catch (IOException e) {
            throw new ArchiveException(columns.kind() + " of " + day + ": " + e, e);
        } finally {
            ArchiveFolder.delete(unfinished);
            ArchiveFolder.delete(result);
        }
    }

    /// Copies a partition as text to the worker, and hashes what goes by.
    private Written write(Columns columns, String partition, OutputStream out) {
        return jdbi.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ,
                handle -> {
                    MessageDigest digest = Worker.sha256();
                    long rows = 0;
                    try {
                        CopyOut copy =
                                handle.getConnection()
                                        .unwrap(PGConnection.class)
                                        .getCopyAPI()
                                        .copyOut(
                                                "COPY (SELECT "
                                                        + columns.fromPostgres()
                                                        + " FROM "
                                                        + partition
                                                        + " ORDER BY request_id) TO STDOUT WITH"
                                                        + " (FORMAT csv, FORCE_QUOTE *)");
                        for (byte[] row = copy.readFromCopy();
                                row != null;
                                row = copy.readFromCopy()) {
                            digest.update(row);
                            out.write(row);
                            rows++;
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } catch (SQLException e) {
                        throw new ArchiveException(partition + ": cannot be copied: " + e, e);
                    }
                    return sums(
                            handle,
                            columns,
                            partition,
                            rows,
                            HexFormat.of().formatHex(digest.digest()));
                });
    }

    private static Written sums(
            Handle handle, Columns columns, String partition, long rows, String content) {
        if (!columns.equals(Columns.SETTLEMENT)) {
            BigDecimal none = BigDecimal.ZERO;
            return new Written(rows, content, none, none, none, none);
        }
        return handle.createQuery(
                        "SELECT coalesce(sum(charge), 0) AS charge, coalesce(sum(payable), 0) AS"
                                + " payable, coalesce(sum(shortfall), 0) AS shortfall,"
                                + " coalesce(sum(prompt + output), 0) AS tokens FROM "
                                + partition)
                .map(
                        (row, _) ->
                                new Written(
                                        rows,
                                        content,
                                        row.getBigDecimal("charge"),
                                        row.getBigDecimal("payable"),
                                        row.getBigDecimal("shortfall"),
                                        row.getBigDecimal("tokens")))
                .one();
    }

    private static void compare(Columns columns, LocalDate day, Written written, JsonNode read) {
        boolean same =
                read.path("rows").asLong(-1) == written.rows()
                        && read.path("content_sha256").asText().equals(written.content());
        if (columns.equals(Columns.SETTLEMENT)) {
            same &=
                    equal(read, "charge", written.charge())
                            && equal(read, "payable", written.payable())
                            && equal(read, "shortfall", written.shortfall())
                            && equal(read, "tokens", written.tokens());
        }
        if (!same) {
            throw new ArchiveException(
                    columns.kind()
                            + " of "
                            + day
                            + ": read back as "
                            + read
                            + " (expected: "
                            + written.rows()
                            + " rows with the hash and sums of the database; the day stays there)");
        }
    }

    private static boolean equal(JsonNode read, String name, BigDecimal sum) {
        return read.path(name).isTextual()
                && new BigDecimal(read.path(name).asText()).compareTo(sum) == 0;
    }

    private void manifest(
            Columns columns, LocalDate day, String file, long bytes, byte[] hash, Written written)
            throws IOException {
        ObjectNode manifest =
                Json.MAPPER
                        .createObjectNode()
                        .put("kind", columns.kind())
                        .put("day", day.toString())
                        .put("file", file)
                        .put("bytes", bytes)
                        .put("sha256", HexFormat.of().formatHex(hash))
                        .put("content_sha256", written.content())
                        .put("rows", written.rows())
                        .put("charge_nanos", written.charge().toPlainString())
                        .put("payable_nanos", written.payable().toPlainString())
                        .put("shortfall_nanos", written.shortfall().toPlainString())
                        .put("tokens", written.tokens().toPlainString())
                        .put("node", node)
                        .put("archived_at", clock.now().toString());
        columns.all().forEach(column -> manifest.withArray("columns").add(column.name()));
        Path unfinished = folder.temporaryFile("manifest", ".json");
        Files.write(
                unfinished,
                Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
        ArchiveFolder.keep(unfinished, folder.resolve(columns.kind() + "/" + day + ".json"));
    }

    /// Drops the partition, unless it changed since it was copied.
    private void seal(
            Columns columns,
            LocalDate day,
            String partition,
            String file,
            long bytes,
            byte[] hash,
            Written written) {
        jdbi.useTransaction(
                handle -> {
                    // Whoever settles would wait behind us: rather give up and come again.
                    handle.execute("SET LOCAL lock_timeout = '2s'");
                    handle.execute(
                            "LOCK TABLE ONLY " + columns.kind() + " IN ACCESS EXCLUSIVE MODE");
                    handle.execute("LOCK TABLE " + partition + " IN ACCESS EXCLUSIVE MODE");
                    long rows =
                            handle.createQuery("SELECT count(*) FROM " + partition)
                                    .mapTo(Long.class)
                                    .one();
                    if (rows != written.rows()) {
                        throw new ArchiveException(
                                partition
                                        + ": "
                                        + rows
                                        + " rows (expected: "
                                        + written.rows()
                                        + " as archived; it comes again)");
                    }
                    insert(handle, columns, day, file, bytes, hash, written);
                    if (columns.equals(Columns.SETTLEMENT)) {
                        insertWallets(handle, day, partition);
                    }
                    handle.execute(
                            "ALTER TABLE " + columns.kind() + " DETACH PARTITION " + partition);
                    handle.execute("DROP TABLE " + partition);
                });
    }

    private void insert(
            Handle handle,
            Columns columns,
            LocalDate day,
            String file,
            long bytes,
            byte[] hash,
            Written written) {
        handle.createUpdate(
                        """
                        INSERT INTO usage_archive (kind, day, file, bytes, sha256, content_sha256,
                            row_count, charge, payable, shortfall, tokens, node_id, archived_at)
                        VALUES (:kind, :day, :file, :bytes, :sha256, :content, :rows, :charge,
                            :payable, :shortfall, :tokens, :node, CAST(:at AS timestamptz))
                        """)
                .bind("kind", columns.kind())
                .bind("day", day)
                .bind("file", file)
                .bind("bytes", bytes)
                .bind("sha256", hash)
                .bind("content", HexFormat.of().parseHex(written.content()))
                .bind("rows", written.rows())
                .bind("charge", written.charge())
                .bind("payable", written.payable())
                .bind("shortfall", written.shortfall())
                .bind("tokens", written.tokens())
                .bind("node", node)
                .bind("at", clock.now().toString())
                .execute();
    }

    private static void insertWallets(Handle handle, LocalDate day, String partition) {
        handle.createUpdate(
                        """
                        INSERT INTO usage_archived_wallet (day, organization_id, wallet_id,
                            currency, row_count, charge, payable, shortfall)
                        SELECT :day, min(organization_id::text)::uuid, wallet_id, currency,
                            count(*), sum(charge), sum(payable), sum(shortfall)
                        FROM \
                        """
                                + partition
                                + " GROUP BY wallet_id, currency")
                .bind("day", day)
                .execute();
    }
}
