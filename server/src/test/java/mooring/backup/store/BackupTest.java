package mooring.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.backup.Archive;
import mooring.backup.BackupException;
import mooring.backup.Backups;
import mooring.backup.Manifest;
import mooring.ids.BackupId;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LotKind;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.sql.StoreException;
import mooring.testing.Await;
import mooring.testing.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What a backup holds is what was there at one moment, and what is restored is what it holds.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackupTest {

    @TempDir private Path folder;
    private BackupWorld world;

    @BeforeAll
    void open() {
        world = new BackupWorld();
    }

    @AfterAll
    void close() {
        world.close();
    }

    private void sql(String sql) {
        world.ledger.jdbi.useHandle(handle -> handle.execute(sql));
    }

    @Test
    void everyRowOfEveryTableComesBackWithAllThatGuardsIt() {
        Path file = folder.resolve("whole.zip");
        var before = BackupWorld.everything(world.ledger.database.database());
        Backups.Taken taken = world.take(file);
        try (TestDatabase target = BackupWorld.load(file)) {
            var after = BackupWorld.everything(target.database());
            assertThat(after.keySet()).isEqualTo(before.keySet()).hasSizeGreaterThan(15);
            assertThat(after).isEqualTo(before);
            assertThat(after.entrySet())
                    .anyMatch(
                            table ->
                                    table.getKey().startsWith("settlement")
                                            && table.getValue().size() >= 20);
            assertThat(BackupWorld.guards(target.database()))
                    .isEqualTo(BackupWorld.guards(world.ledger.database.database()))
                    .hasSizeGreaterThan(60);
            assertThat(taken.rows())
                    .isEqualTo(before.values().stream().mapToLong(List::size).sum());
            LedgerVerifier.Report report =
                    new PostgresLedgerVerifier(target.database().jdbi(), world.ledger.clock)
                            .verify();
            assertThat(report.ok()).as(report.toString()).isTrue();
        }
    }

    @Test
    void aRestoredDatabaseGoesOnCountingWhereTheOldOneStood() {
        Path file = folder.resolve("counting.zip");
        world.take(file);
        String insert =
                "INSERT INTO account (kind, currency, normal_side)"
                        + " VALUES ('usage_revenue', 'XTS', 'credit') RETURNING id";
        long next =
                world.ledger.jdbi.inTransaction(
                        handle -> {
                            long id = handle.createQuery(insert).mapTo(Long.class).one();
                            handle.rollback();
                            return id;
                        });
        try (TestDatabase target = BackupWorld.load(file)) {
            assertThat(Long.parseLong(text(target, insert))).isEqualTo(next);
            assertThatThrownBy(
                            () ->
                                    target.database()
                                            .jdbi()
                                            .useHandle(
                                                    handle ->
                                                            handle.execute("DELETE FROM transfer")))
                    .hasMessageContaining("rows never change");
        }
    }

    @Test
    void everyTypeAndEveryFormOfTableIsCarried() {
        Path file = folder.resolve("types.zip");
        String schema =
                """
                CREATE TABLE types (
                    id bigint GENERATED ALWAYS AS IDENTITY, serial serial, "Odd ""name" text,
                    a smallint, b integer, c numeric, d numeric(20, 9), e real, f double precision,
                    g boolean, h text, i varchar(20), j char(5), k bytea, l date, m time, n timetz,
                    o timestamp, p timestamptz, q interval, r uuid, s json, t jsonb, u bigint[],
                    v text[], w inet, x int4range, y bit varying, z xml,
                    doubled integer GENERATED ALWAYS AS (b * 2) STORED);
                CREATE TABLE parted (day date NOT NULL, n bigint CHECK (n > 0), note text,
                    PRIMARY KEY (day, n)) PARTITION BY RANGE (day);
                CREATE SCHEMA other;
                CREATE TABLE other.referring (day date, n bigint, FOREIGN KEY (day, n)
                    REFERENCES parted (day, n));
                CREATE TABLE parted_mine PARTITION OF parted
                    FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
                CREATE MATERIALIZED VIEW seen AS SELECT count(*) AS n FROM parted;
                """;
        try (TestDatabase source = TestDatabase.create();
                TestDatabase target = TestDatabase.createEmpty()) {
            source.database().jdbi().useHandle(handle -> handle.execute(schema));
            source.database()
                    .jdbi()
                    .useHandle(
                            handle -> {
                                handle.createUpdate(
                                                """
                                                INSERT INTO types VALUES (DEFAULT, DEFAULT, :nasty,
                                                -32768, 2147483647 / 3, 'NaN', 12345678901.123456789,
                                                0.1, 1e-300, false, :nasty, '', 'a', :bytes,
                                                'infinity', '24:00', '12:00+13', '-infinity',
                                                '0044-03-15 00:00 BC', '1 year -3 days 00:00:01.000001',
                                                gen_random_uuid(), '{"a":  1}', '{"b": [null, "\\t"]}',
                                                '{1,NULL,-9223372036854775808}', ARRAY[:nasty, NULL, '', 'NULL'],
                                                '::1', '[1,)', B'101', '<a>&amp;</a>')
                                                """)
                                        .bind("nasty", BackupWorld.NASTY)
                                        .bind("bytes", everyByte())
                                        .execute();
                                handle.execute("INSERT INTO types DEFAULT VALUES");
                                // As a running server makes and removes them.
                                handle.execute(
                                        """
                                        ALTER TABLE parted DETACH PARTITION parted_mine;
                                        DROP TABLE parted_mine;
                                        CREATE TABLE "Parted 2" (LIKE parted INCLUDING DEFAULTS
                                            INCLUDING CONSTRAINTS, CHECK (day = '2026-11-22'));
                                        ALTER TABLE parted ATTACH PARTITION "Parted 2"
                                            FOR VALUES FROM ('2026-11-22') TO ('2026-11-23');
                                        CREATE TRIGGER kept BEFORE DELETE ON "Parted 2"
                                            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
                                        CREATE TABLE parted_rest PARTITION OF parted DEFAULT
                                            PARTITION BY HASH (n);
                                        CREATE TABLE parted_rest_0 PARTITION OF parted_rest
                                            FOR VALUES WITH (MODULUS 1, REMAINDER 0);
                                        INSERT INTO parted VALUES ('2026-11-22', 1, 'x'),
                                            ('2020-01-01', 7, NULL);
                                        INSERT INTO other.referring VALUES ('2020-01-01', 7);
                                        SELECT nextval('types_serial_seq');
                                        REFRESH MATERIALIZED VIEW seen;
                                        """);
                            });
            PostgresBackups backups =
                    new PostgresBackups(
                            source.database(), world.ledger.ids, "0.1.0-test", List::of);
            try (OutputStream out = Files.newOutputStream(file)) {
                backups.take(out);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            try (Archive archive = Archive.open(file)) {
                archive.verify(_ -> {});
                new ArchiveLoader(
                                target.database(),
                                archive,
                                _ -> {},
                                made -> made.jdbi().useHandle(handle -> handle.execute(schema)))
                        .load();
            }
            var expected = BackupWorld.everything(source.database());
            // The note of the backup itself came after its snapshot.
            expected.put("backup", List.of());
            assertThat(BackupWorld.everything(target.database())).isEqualTo(expected);
            assertThat(expected.get("types")).hasSize(2);
            assertThat(BackupWorld.guards(target.database()))
                    .isEqualTo(BackupWorld.guards(source.database()))
                    .anyMatch(guard -> guard.contains("Parted 2") && guard.contains("kept"));
            String facts =
                    "SELECT nextval('types_serial_seq') || ' ' || nextval('types_id_seq') || ' '"
                            + " || (SELECT n FROM seen)";
            assertThat(text(target, facts)).isEqualTo("4 3 2").isEqualTo(text(source, facts));
        }
    }

    @Test
    void itIsOneMomentHoweverMuchIsWrittenMeanwhile() throws Exception {
        Path file = folder.resolve("moment.zip");
        AtomicInteger written = new AtomicInteger();
        try (OutputStream out = Files.newOutputStream(file)) {
            // Between the pieces others go on: what they commit is in none of the tables.
            world.backups.take(
                    new OutputStream() {
                        @Override
                        public void write(int single) throws IOException {
                            write(new byte[] {(byte) single}, 0, 1);
                        }

                        @Override
                        public void write(byte[] from, int offset, int length) throws IOException {
                            if (written.getAndIncrement() % 4 == 0) {
                                world.ledger.credit(world.customer, "0.000000007", LotKind.PAID);
                                world.ledger.settle(
                                        world.ledger.record(
                                                world.customer,
                                                world.ledger.noHold(world.customer),
                                                written.get()));
                            }
                            out.write(from, offset, length);
                        }
                    });
        }
        long now = world.ledger.count("settlement");
        try (TestDatabase target = BackupWorld.load(file)) {
            LedgerVerifier.Report report =
                    new PostgresLedgerVerifier(target.database().jdbi(), world.ledger.clock)
                            .verify();
            assertThat(report.ok()).as(report.toString()).isTrue();
            long then = Long.parseLong(text(target, "SELECT count(*)::text FROM settlement"));
            assertThat(then).isGreaterThanOrEqualTo(20).isLessThan(now - 5);
        }
    }

    @Test
    void anArchiveThatIsCutOffIsRefusedWhereverTheCutIs() throws IOException {
        byte[] whole = world.take();
        Set<String> named = new TreeSet<>();
        for (int length = 60; length < whole.length; length += whole.length / 40) {
            Path file = folder.resolve("cut.zip");
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Archive.open(file))
                    .as("cut at %d", length)
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("cut off or damaged")
                    .satisfies(e -> named.add(String.valueOf(e.getMessage())));
        }
        assertThat(named).anyMatch(message -> message.contains("in table settlement"));
    }

    @Test
    void aTableThatChangedOnItsWayIsNamed() throws IOException {
        byte[] whole = world.take();
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        Path file = folder.resolve("changed.zip");
        Files.write(file, whole);
        Manifest.Table table;
        try (Archive archive = Archive.open(file)) {
            table =
                    archive.manifest().tables().stream()
                            .filter(each -> each.name().startsWith("settlement"))
                            .max(Comparator.comparingLong(Manifest.Table::rows))
                            .orElseThrow();
        }
        int settlements = text.indexOf(table.entry()) + table.entry().length();
        int found = 0;
        for (int bit = 0; bit < 8 * 40; bit += 3) {
            byte[] changed = whole.clone();
            changed[settlements + 20 + bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, changed);
            try (Archive archive = Archive.open(file)) {
                assertThatThrownBy(() -> archive.verify(_ -> {}))
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining("table " + table.name() + " is damaged");
                found++;
            }
        }
        assertThat(found).isGreaterThan(100);
    }

    @Test
    void whatIsNoBackupIsRefusedInOneLine() throws IOException {
        Path text = folder.resolve("text.zip");
        Files.writeString(text, "PK\u0003\u0004 but nothing else");
        assertThatThrownBy(() -> Archive.open(text))
                .hasMessage(text + ": not a backup (expected: a file that mooring backup wrote)");
        Path nothing = Files.createFile(folder.resolve("empty.zip"));
        assertThatThrownBy(() -> Archive.open(nothing)).hasMessageContaining("not a backup");
        assertThatThrownBy(() -> Archive.open(folder.resolve("missing.zip")))
                .hasMessageContaining("there is no such file");
    }

    @Test
    void aDatabaseWithTablesIsLeftAlone() {
        Path file = folder.resolve("into.zip");
        world.take(file);
        try (TestDatabase target = TestDatabase.createEmpty();
                Archive archive = Archive.open(file)) {
            target.database()
                    .jdbi()
                    .useHandle(handle -> handle.execute("CREATE TABLE mine AS SELECT 1 AS one"));
            assertThatThrownBy(() -> new ArchiveLoader(target.database(), archive, _ -> {}).load())
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("has tables already, such as public.mine")
                    .hasMessageContaining("expected: an empty database");
            assertThat(BackupWorld.everything(target.database())).containsOnlyKeys("mine");
        }
    }

    @Test
    void aBackupOfANewerSchemaIsRefusedBeforeAnythingIsMade() {
        Path file = folder.resolve("newer.zip");
        assertRefused(
                file,
                "INSERT INTO flyway_schema_history SELECT 9000, '9999', 'later', 'SQL', 'x', 5,"
                        + " installed_by, installed_on, 1, true FROM flyway_schema_history LIMIT 1",
                "DELETE FROM flyway_schema_history WHERE version = '9999'",
                "the backup has schema version 9999");
    }

    @Test
    void aBackupOfOtherMigrationsIsRefusedBeforeAnythingIsMade() {
        Path file = folder.resolve("other.zip");
        assertRefused(
                file,
                "UPDATE flyway_schema_history SET checksum = checksum + 1 WHERE version = '0001'",
                "UPDATE flyway_schema_history SET checksum = checksum - 1 WHERE version = '0001'",
                "with the migrations");
    }

    private void assertRefused(Path file, String change, String undo, String why) {
        sql(change);
        try {
            world.take(file);
        } finally {
            sql(undo);
        }
        try (TestDatabase target = TestDatabase.createEmpty();
                Archive archive = Archive.open(file)) {
            assertThatThrownBy(() -> new ArchiveLoader(target.database(), archive, _ -> {}).load())
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining(why)
                    .message()
                    .hasLineCount(1);
            assertThat(
                            text(
                                    target,
                                    "SELECT count(*)::text FROM pg_tables"
                                            + " WHERE schemaname = 'public'"))
                    .isEqualTo("0");
        }
    }

    @Test
    void aFullDiskEndsTheBackupAndLeavesNeitherNoteNorConnection() {
        long before = world.ledger.count("backup");
        assertThatThrownBy(
                        () ->
                                world.backups.take(
                                        new OutputStream() {
                                            private int left = 2_000;

                                            @Override
                                            public void write(int single) throws IOException {
                                                if (left-- == 0) {
                                                    throw new IOException(
                                                            "No space left on device");
                                                }
                                            }
                                        }))
                .hasMessageContaining("No space left on device");
        assertThat(world.ledger.count("backup")).isEqualTo(before);
        Await.until(
                "the backup's connection is gone",
                LedgerWorld.PATIENCE,
                () ->
                        text(
                                        world.ledger.database,
                                        "SELECT count(*)::text FROM pg_stat_activity WHERE"
                                                + " application_name = 'mooring backup'"
                                                + " AND datname = current_database()")
                                .equals("0"));
    }

    @Test
    void aBackupCountsAsVerifiedOnlyByItsOwnHash() throws Exception {
        Path file = folder.resolve("verified.zip");
        Backups.Taken taken = world.take(file);
        String sha256 =
                HexFormat.of()
                        .formatHex(
                                MessageDigest.getInstance("SHA-256")
                                        .digest(Files.readAllBytes(file)));
        assertThat(taken.sha256()).isEqualTo(sha256);
        assertThat(taken.bytes()).isEqualTo(Files.size(file));
        assertThat(taken.verifiedAt()).isNull();

        assertThat(world.backups.verified(new BackupId(world.ledger.ids.next()), sha256)).isEmpty();
        assertThat(world.backups.verified(taken.id(), "00".repeat(32)).orElseThrow().verifiedAt())
                .isNull();
        assertThat(world.backups.lastVerified()).isNotPresent();
        Backups.Taken verified = world.backups.verified(taken.id(), sha256).orElseThrow();
        assertThat(verified.verifiedAt()).isNotNull();
        assertThat(world.backups.lastVerified()).contains(verified);

        Backups.Taken later = world.take(folder.resolve("later.zip"));
        assertThat(world.backups.lastVerified()).contains(verified);
        world.backups.verified(later.id(), later.sha256());
        assertThat(world.backups.lastVerified().orElseThrow().id()).isEqualTo(later.id());
        try (Archive archive = Archive.open(file)) {
            Manifest manifest = archive.manifest();
            assertThat(manifest.id()).isEqualTo(taken.id().toString());
            assertThat(Instant.parse(manifest.takenAt())).isEqualTo(taken.takenAt());
            assertThat(manifest.installation())
                    .isEqualTo(text(world.ledger.database, "SELECT id::text FROM installation"));
            assertThat(manifest.product()).isEqualTo("0.1.0-test");
        }
        sql("DELETE FROM backup");
    }

    private static String text(TestDatabase database, String sql) {
        return database.database()
                .jdbi()
                .withHandle(handle -> handle.createQuery(sql).mapTo(String.class).one());
    }

    private static byte[] everyByte() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }
}
