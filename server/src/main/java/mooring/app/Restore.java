package mooring.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import mooring.backup.Archive;
import mooring.backup.Manifest;
import mooring.backup.store.ArchiveLoader;
import mooring.config.ConfigException;
import mooring.config.DatabaseUrl;
import mooring.config.Settings;
import mooring.crypto.MasterKey;
import mooring.crypto.StoredSecrets;
import mooring.crypto.store.PostgresStoredSecrets;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.Nodes;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.ledger.store.PostgresNodes;
import mooring.sql.Database;
import mooring.sql.DatabaseAddress;
import mooring.sql.EmbeddedPostgres;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// `restore`: a backup into an empty data folder or database, then the kept journals, then the
/// ledger's own examination. No server may run there meanwhile, and none is started.
final class Restore {

    private static final int POOL_SIZE = 4;
    private static final Duration CONNECT = Duration.ofSeconds(10);

    private static final String USAGE =
            "restore FILE [--journal FOLDER]… [--data-dir DIR] [--database-url URL]";

    /// @param flags the settings among the words
    record Order(Path file, List<Path> journals, List<String> flags) {

        /// @throws ConfigException when there is not exactly one file
        static Order read(List<String> words) {
            List<Path> files = new ArrayList<>();
            List<Path> journals = new ArrayList<>();
            List<String> flags = new ArrayList<>();
            for (int i = 0; i < words.size(); i++) {
                String word = words.get(i);
                if (word.startsWith("--journal=")) {
                    journals.add(Path.of(word.substring("--journal=".length())));
                } else if (word.equals("--journal")) {
                    i++;
                    if (i == words.size()) {
                        throw new ConfigException(
                                List.of("--journal: expected: a folder after it"));
                    }
                    journals.add(Path.of(words.get(i)));
                } else if (word.startsWith("--")) {
                    flags.add(word);
                    if (!word.contains("=") && i + 1 < words.size()) {
                        i++;
                        flags.add(words.get(i));
                    }
                } else {
                    files.add(Path.of(word));
                }
            }
            if (files.size() != 1) {
                throw new ConfigException(
                        List.of(
                                "restore: "
                                        + (files.isEmpty() ? "no file" : files.size() + " files")
                                        + " (expected: one; usage: "
                                        + USAGE
                                        + ")"));
            }
            return new Order(files.getFirst(), List.copyOf(journals), List.copyOf(flags));
        }
    }

    private Restore() {}

    /// @return whether the restored ledger is in order
    /// @throws RuntimeException with one line that says why nothing was restored
    static boolean run(Order order, Settings settings, KeptJournals replay, Consumer<String> say) {
        try (Archive archive = Archive.open(order.file())) {
            order.journals().forEach(replay::require);
            Manifest manifest = archive.manifest();
            say.accept(
                    "Checking %s: backup %s of %s, %,d rows in %d tables"
                            .formatted(
                                    order.file(),
                                    manifest.id(),
                                    manifest.takenAt(),
                                    manifest.rows(),
                                    manifest.tables().size()));
            archive.verify(_ -> {});
            Closer closer = new Closer();
            try {
                return into(order, settings, archive, replay, say, closer);
            } finally {
                closer.close();
            }
        }
    }

    private static boolean into(
            Order order,
            Settings settings,
            Archive archive,
            KeptJournals replay,
            Consumer<String> say,
            Closer closer) {
        DatabaseUrl external = settings.databaseUrl();
        if (external == null) {
            requireNoCluster(settings.dataDir());
        }
        DataFolder folder = DataFolder.open(settings.dataDir(), Duration.ZERO);
        closer.add(folder::close);
        // Before anything is loaded: a bad key file must not be found out afterwards.
        MasterKey key = Secrets.masterKey(folder);
        Database database = Database.open(address(external, folder, closer), POOL_SIZE, CONNECT);
        closer.add(database::close);
        say.accept("Loading into " + database.address().shown());
        int migrations;
        try {
            migrations =
                    new ArchiveLoader(database, archive, line -> say.accept("  " + line)).load();
        } catch (RuntimeException e) {
            if (external == null) {
                say.accept(
                        "Nothing was restored; remove "
                                + folder.resolve(Store.POSTGRES)
                                + " before another try.");
            }
            throw e;
        }
        if (migrations > 0) {
            say.accept("Brought forward by " + migrations + " migrations");
        }
        Set<String> replayed = new TreeSet<>();
        for (Path journal : order.journals()) {
            KeptJournals.Replayed found = replay.replay(journal, database);
            say.accept("Replayed " + journal + ": " + found.told());
            replayed.addAll(found.nodes());
        }
        for (Nodes.Lost node : new PostgresNodes(database.jdbi()).restored(replayed)) {
            say.accept(given(node));
        }
        Clock clock = Clock.system();
        StoredSecrets secrets = new PostgresStoredSecrets(database.jdbi(), key, clock);
        String lost = unreadable(secrets, key);
        if (lost != null) {
            say.accept(lost);
        }
        boolean ok = verify(new PostgresLedgerVerifier(database.jdbi(), clock).verify(), say);
        say.accept(
                "Restored %s of %s into %s%s"
                        .formatted(
                                archive.manifest().id(),
                                archive.manifest().takenAt(),
                                settings.dataDir(),
                                ok
                                        ? "; start it with ./mooring up --data-dir "
                                                + settings.dataDir()
                                        : ", but its ledger is violated: keep the backup, and start"
                                                + " nothing there before the rows above are"
                                                + " understood"));
        return ok;
    }

    /// Secrets that have to be entered again, in one line; null when all of them open.
    static @Nullable String unreadable(StoredSecrets secrets, MasterKey key) {
        List<String> places = secrets.unreadable();
        return places.isEmpty()
                ? null
                : "stored secrets sealed with another master key than this one ("
                        + key.id()
                        + ") must be entered again, or the right master.key put into the data"
                        + " folder: "
                        + String.join(", ", places);
    }

    private static String given(Nodes.Lost node) {
        String what;
        if (!node.unbilled().isEmpty()) {
            what =
                    "%s of %d wallets went back, and are written down as unbilled"
                            .formatted(node.unbilled(), node.wallets());
        } else {
            what =
                    node.wallets() > 0
                            ? "its journal was replayed, and the rest went back"
                            : "nothing was in them";
        }
        return "Leases of node %s are closed: %s".formatted(node.node().node(), what);
    }

    private static void requireNoCluster(Path dataDir) {
        Path cluster = dataDir.resolve(Store.POSTGRES);
        try {
            if (Files.exists(cluster) && !empty(cluster)) {
                throw new StartException(
                        cluster
                                + ": there is a database already (expected: a folder without one;"
                                + " choose another with --data-dir, or move it away)");
            }
        } catch (IOException e) {
            throw new StartException("cannot read " + cluster + ": " + e.getMessage(), e);
        }
    }

    private static boolean empty(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    private static DatabaseAddress address(
            @Nullable DatabaseUrl external, DataFolder folder, Closer closer) {
        if (external != null) {
            return DatabaseAddress.parse(external.text());
        }
        EmbeddedPostgres postgres = Store.embedded(folder, closer);
        return new DatabaseAddress(
                postgres.jdbcUrl(Store.DATABASE), postgres.user(), postgres.password());
    }

    private static boolean verify(LedgerVerifier.Report report, Consumer<String> say) {
        for (LedgerVerifier.Check check : report.checks()) {
            if (check.violations() > 0) {
                say.accept(
                        "VIOLATED: %s (%d rows)".formatted(check.statement(), check.violations()));
                check.rows().forEach(row -> say.accept("  " + row));
            }
        }
        if (report.ok()) {
            say.accept("Ledger verified: nothing found in " + report.checks().size() + " checks");
        }
        return report.ok();
    }
}
