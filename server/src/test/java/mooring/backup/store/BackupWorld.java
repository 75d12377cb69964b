package mooring.backup.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mooring.backup.Archive;
import mooring.backup.Backups;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LotKind;
import mooring.ledger.Vouchers;
import mooring.sql.Database;
import mooring.testing.TestDatabase;
import org.jdbi.v3.core.Handle;

/// A database with money in it, and archives of it.
final class BackupWorld implements AutoCloseable {

    /// What a text can hold that a format might stumble over.
    static final String NASTY =
            "tab\tline\nreturn\rback\\slash \\N \\. 'quote' \"double\" , ; NULL \u6f22\u5b57 \ud83d\ude00 \u0001";

    final LedgerWorld ledger = new LedgerWorld();
    final PostgresBackups backups =
            new PostgresBackups(ledger.database.database(), ledger.ids, "0.1.0-test", List::of);
    final LedgerWorld.Customer customer = ledger.customer("Aroha", "12.345678901");

    BackupWorld() {
        ledger.jdbi.useHandle(handle -> handle.execute("UPDATE organization SET name = ?", NASTY));
        ledger.credit(customer, "3.000000001", LotKind.PROMOTIONAL);
        redeemAVoucher();
        for (int i = 0; i < 20; i++) {
            ledger.settle(ledger.record(customer, ledger.noHold(customer), 1000 + i));
        }
    }

    private void redeemAVoucher() {
        Vouchers.Terms terms =
                new Vouchers.Terms(
                        ledger.money("1"),
                        LotKind.ALLOWANCE,
                        10,
                        null,
                        30,
                        NASTY.replace("\u0001", ""),
                        2,
                        true,
                        null);
        String code = ledger.vouchers.create(terms, 1).getFirst().code().reveal();
        ledger.vouchers.redeem(customer.organization().id(), code, null);
    }

    Backups.Taken take(Path file) {
        try (OutputStream out = Files.newOutputStream(file)) {
            return backups.take(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] take() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            backups.take(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /// Loads the archive into a new database.
    static TestDatabase load(Path file) {
        TestDatabase target = TestDatabase.createEmpty();
        try (Archive archive = Archive.open(file)) {
            archive.verify(_ -> {});
            new ArchiveLoader(target.database(), archive, _ -> {}).load();
        } catch (RuntimeException e) {
            target.close();
            throw e;
        }
        return target;
    }

    /// Every row of every table as text, in an order of its own.
    static Map<String, List<String>> everything(Database database) {
        Map<String, List<String>> all = new TreeMap<>();
        database.jdbi()
                .useHandle(
                        handle -> {
                            for (SchemaReader.FoundTable table : tables(handle)) {
                                all.put(
                                        table.shown(),
                                        handle.createQuery(
                                                        "SELECT t::text FROM "
                                                                + table.sql()
                                                                + " t ORDER BY 1")
                                                .mapTo(String.class)
                                                .list());
                            }
                        });
        return all;
    }

    private static List<SchemaReader.FoundTable> tables(Handle handle) {
        try {
            return new SchemaReader(handle.getConnection()).tables();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /// Everything that guards the rows: constraints, indexes, triggers and whether they fire.
    static List<String> guards(Database database) {
        return new ArrayList<>(
                database.jdbi()
                        .withHandle(
                                handle ->
                                        handle.createQuery(
                                                        """
                                                        SELECT conrelid::regclass || ' ' || conname || ' '
                                                            || pg_get_constraintdef(oid) || convalidated
                                                        FROM pg_constraint
                                                        WHERE connamespace = 'public'::regnamespace
                                                        UNION ALL
                                                        SELECT pg_get_triggerdef(t.oid) || t.tgenabled::text
                                                        FROM pg_trigger t
                                                        JOIN pg_class c ON c.oid = t.tgrelid
                                                        WHERE c.relnamespace = 'public'::regnamespace
                                                            AND NOT t.tgisinternal
                                                        UNION ALL
                                                        SELECT indexdef FROM pg_indexes
                                                        WHERE schemaname = 'public'
                                                        ORDER BY 1
                                                        """)
                                                .mapTo(String.class)
                                                .list()));
    }

    @Override
    public void close() {
        ledger.close();
    }
}
