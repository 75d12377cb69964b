package mooring.app;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import mooring.accounts.store.KeyFeed;
import mooring.accounts.store.KeyUses;
import mooring.accounts.store.PostgresAllowlists;
import mooring.accounts.store.PostgresApiKeys;
import mooring.accounts.store.PostgresOrganizations;
import mooring.accounts.store.PostgresProjects;
import mooring.admin.ReadinessCheck;
import mooring.admin.ReadinessChecks;
import mooring.backup.Backups;
import mooring.backup.Manifest;
import mooring.backup.store.PostgresBackups;
import mooring.catalog.Catalog;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.catalog.file.PriceFile;
import mooring.catalog.store.PostgresPriceBook;
import mooring.catalog.store.PostgresPriceLists;
import mooring.config.DatabaseUrl;
import mooring.config.Settings;
import mooring.crypto.StoredSecrets;
import mooring.crypto.store.PostgresStoredSecrets;
import mooring.idempotency.store.PostgresKeptAnswers;
import mooring.ids.IdGenerator;
import mooring.inference.Usage;
import mooring.jobs.Jobs;
import mooring.ledger.Balances;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Nodes;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.OutboxAlerts;
import mooring.ledger.store.PostgresBalances;
import mooring.ledger.store.PostgresBudgetBooks;
import mooring.ledger.store.PostgresBudgets;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.ledger.store.PostgresNodes;
import mooring.ledger.store.PostgresStatements;
import mooring.ledger.store.PostgresVouchers;
import mooring.ledger.store.PostgresWallets;
import mooring.ledger.store.RecallFeed;
import mooring.limits.store.PostgresOwnLimits;
import mooring.metering.Acceptance;
import mooring.metering.archive.store.ArchiveFolder;
import mooring.metering.archive.store.ParquetArchive;
import mooring.metering.journal.Recovery;
import mooring.metering.store.PostgresAdjustments;
import mooring.metering.store.PostgresDayUse;
import mooring.metering.store.PostgresRefusedRecords;
import mooring.metering.store.PostgresRequestLog;
import mooring.metering.store.PostgresUsageBooks;
import mooring.metering.store.PostgresUsageReports;
import mooring.money.Money;
import mooring.rating.Rating;
import mooring.replicas.Replicas;
import mooring.responses.store.PostgresKeptResponses;
import mooring.sql.Database;
import mooring.sql.DatabaseAddress;
import mooring.sql.EmbeddedPostgres;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The database and everything that is kept in it, opened, migrated and cleared of what a crash
/// left behind.
final class Store {

    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    private static final Duration POSTGRES_START = Duration.ofSeconds(60);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration KEYS_LOAD = Duration.ofSeconds(30);
    static final String POSTGRES = "postgres";
    static final String DATABASE = "mooring";

    private final @Nullable EmbeddedPostgres postgres;
    private final Database database;
    final NodeEpoch node;
    final PostgresOrganizations organizations;
    final PostgresProjects projects;
    final PostgresApiKeys keys;
    final KeyFeed keyFeed;
    final KeyUses keyUses;
    final PostgresWallets wallets;
    final Balances balances;
    final PostgresVouchers vouchers;
    final PostgresStatements statements;
    final PostgresBudgets budgets;
    final PostgresAllowlists allowlists;
    final PostgresOwnLimits limits;
    final PostgresDayUse dayUse;
    final Bookkeeping bookkeeping;
    private final RecallFeed recalls;
    final PostgresUsageReports usage;
    final PostgresRequestLog requests;
    final PostgresAdjustments adjustments;
    final PostgresLedgerVerifier verifier;
    final PostgresNodes nodes;
    final BooksMetrics figures;
    final PostgresPriceBook priceBook;
    final PostgresPriceLists priceLists;
    final PostgresBackups backups;
    final StoredSecrets secrets;
    final PostgresKeptAnswers answers;
    final PostgresKeptResponses responses;
    final Prices prices = new Prices();
    private final Clock clock;
    private final String schemaVersion;
    private volatile @Nullable Instant lastVerifiedBackup;

    private Store(
            @Nullable EmbeddedPostgres postgres,
            Database database,
            NodeEpoch node,
            Secrets secrets,
            Path journal,
            Clock clock,
            IdGenerator ids,
            ArchiveFolder archive) {
        Jdbi jdbi = database.jdbi();
        this.postgres = postgres;
        this.node = node;
        this.database = database;
        this.clock = clock;
        this.schemaVersion =
                jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                SELECT version FROM flyway_schema_history
                                                WHERE success ORDER BY installed_rank DESC LIMIT 1
                                                """)
                                        .mapTo(String.class)
                                        .one());
        this.organizations = new PostgresOrganizations(jdbi, clock, ids);
        this.projects = new PostgresProjects(jdbi, clock, ids);
        this.keyFeed = new KeyFeed(jdbi, clock, secrets.scopeSecret());
        this.keyUses = new KeyUses(jdbi, clock);
        this.keys = new PostgresApiKeys(jdbi, clock, ids, secrets.scopeSecret(), keyFeed::forget);
        this.allowlists = new PostgresAllowlists(jdbi);
        this.budgets = new PostgresBudgets(jdbi, clock, ids, new OutboxAlerts());
        this.wallets = new PostgresWallets(jdbi, clock, ids);
        this.vouchers = new PostgresVouchers(jdbi, clock, ids, new SecureRandom());
        this.statements = new PostgresStatements(jdbi);
        this.limits = new PostgresOwnLimits(jdbi);
        this.dayUse = new PostgresDayUse(jdbi);
        this.usage = new PostgresUsageReports(jdbi);
        this.requests = new PostgresRequestLog(jdbi, clock, new ParquetArchive(jdbi, archive));
        this.adjustments = new PostgresAdjustments(jdbi, clock, ids);
        this.verifier = new PostgresLedgerVerifier(jdbi, clock);
        this.nodes = new PostgresNodes(jdbi);
        this.figures = new BooksMetrics(jdbi, nodes);
        this.priceBook = new PostgresPriceBook(jdbi, clock, ids);
        this.priceLists = new PostgresPriceLists(jdbi, clock, ids);
        this.backups = new PostgresBackups(database, ids, Server.VERSION, this::positions);
        this.answers = new PostgresKeptAnswers(jdbi, clock, secrets.masterKey());
        this.secrets = new PostgresStoredSecrets(jdbi, secrets.masterKey(), clock);
        this.responses = new PostgresKeptResponses(jdbi, secrets.masterKey(), clock);
        PostgresLeaseStore leaseStore = new PostgresLeaseStore(jdbi);
        this.bookkeeping =
                Bookkeeping.open(
                        journal,
                        node,
                        new Bookkeeping.Books(
                                new PostgresUsageBooks(
                                        jdbi,
                                        node.node(),
                                        clock,
                                        ids,
                                        new PostgresBudgetBooks(new OutboxAlerts(), clock)),
                                new PostgresRefusedRecords(jdbi, node.node(), clock),
                                leaseStore,
                                this::price,
                                this::lastVerifiedBackup),
                        clock);
        this.balances = new Balances(new PostgresBalances(jdbi, node), bookkeeping.leases());
        this.recalls = new RecallFeed(jdbi, bookkeeping.leases()::recalled);
    }

    /// Who holds engines to the ledger.
    EngineAudit audit(Replicas replicas, Clock clock) {
        return new EngineAudit(replicas, database.jdbi(), figures::alone, clock);
    }

    /// How far the nodes' journals are booked, as far as this one knows.
    private List<Manifest.NodePosition> positions() {
        return nodes.list().stream()
                .map(Nodes.Node::node)
                .map(
                        each ->
                                new Manifest.NodePosition(
                                        each.node(),
                                        each.epoch(),
                                        each.equals(node) ? bookkeeping.drained() : null))
                .toList();
    }

    /// What a usage costs by the price version of its admission.
    private Recovery.Priced price(Acceptance accepted, Usage usage) {
        PriceVersion version =
                priceBook
                        .find(accepted.priceVersion())
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                accepted.priceVersion()
                                                        + " (expected: a published version)"));
        ModelPrice price = version.price(accepted.model());
        if (price == null) {
            throw new IllegalStateException(accepted.model() + " has no price in " + version.id());
        }
        SortedMap<String, Long> calls = price.callsOfARequest();
        Money charge = Rating.total(usage, calls, accepted.tier(), price, version.currency());
        return new Recovery.Priced(charge, calls);
    }

    /// Opens the database that the settings name, or the embedded one.
    static Store open(
            Settings settings,
            DataFolder folder,
            Secrets secrets,
            Clock clock,
            IdGenerator ids,
            Closer closer) {
        DatabaseUrl external = settings.databaseUrl();
        EmbeddedPostgres postgres = external == null ? embedded(folder, closer) : null;
        DatabaseAddress address =
                postgres == null
                        ? DatabaseAddress.parse(external == null ? "" : external.text())
                        : new DatabaseAddress(
                                postgres.jdbcUrl(DATABASE), postgres.user(), postgres.password());
        Database database = Database.open(address, settings.databasePoolSize(), CONNECT);
        closer.add(database::close);
        database.migrate();
        NodeRegistration registration = new NodeRegistration(database.jdbi(), clock);
        NodeEpoch node = registration.begin(secrets.nodeId());
        ArchiveFolder archive =
                new ArchiveFolder(
                        settings.archiveDir(),
                        secrets.nodeId(),
                        folder.resolve("logs").resolve("archive.log"));
        Store store =
                new Store(
                        postgres,
                        database,
                        node,
                        secrets,
                        folder.resolve("journal"),
                        clock,
                        ids,
                        archive);
        closer.add(store::close);
        Jobs jobs =
                Housekeeping.jobs(
                        database, node.node(), clock, ids, archive, store.responses, settings);
        closer.add(jobs::close);
        jobs.start();
        store.awaitKeys();
        String lost = Restore.unreadable(store.secrets, secrets.masterKey());
        if (lost != null) {
            LOG.warn("{}", lost);
        }
        return store;
    }

    static EmbeddedPostgres embedded(DataFolder folder, Closer closer) {
        Path home = folder.resolve(POSTGRES);
        EmbeddedPostgres postgres =
                EmbeddedPostgres.start(home, home.resolve("binaries"), POSTGRES_START);
        closer.add(postgres::close);
        postgres.ensureDatabase(DATABASE);
        return postgres;
    }

    /// Puts in place what a first start needs, and the prices in force.
    void prepare(
            Settings settings,
            DataFolder folder,
            Catalog catalog,
            Supplier<PriceFile> priceFile,
            Consumer<String> progress) {
        PriceFile file = priceFile.get();
        PriceVersion version = Bootstrap.prices(priceBook, file, catalog);
        prices.refresh(priceBook::snapshot);
        for (String difference : FilePrices.unpublished(file, prices.snapshot())) {
            progress.accept(
                    "prices: "
                            + difference
                            + " (the published prices stay in force until ./mooring prices"
                            + " publish)");
        }
        Bootstrap.firstOrganization(
                folder, organizations, keys, wallets, settings.startingCredit(version.currency()));
    }

    /// What of the database this node needs to be ready.
    List<ReadinessCheck> readiness() {
        List<ReadinessCheck> checks = new ArrayList<>();
        checks.add(ReadinessChecks.database(database.dataSource()));
        checks.add(ReadinessChecks.clock(database.dataSource(), clock));
        checks.addAll(bookkeeping.readiness());
        return checks;
    }

    /// The highest migration that the database has.
    String schemaVersion() {
        return schemaVersion;
    }

    /// Takes up what another node published meanwhile.
    void refreshPrices() {
        try {
            prices.refresh(priceBook::snapshot);
        } catch (RuntimeException e) {
            LOG.warn("the published prices could not be read: {}", e.toString());
        }
    }

    /// Looks when a backup was last verified, on whatever node.
    void refreshBackups() {
        try {
            lastVerifiedBackup = backups.lastVerified().map(Backups.Taken::takenAt).orElse(null);
        } catch (RuntimeException e) {
            LOG.warn("the last verified backup could not be read: {}", e.toString());
        }
    }

    /// When the snapshot of the newest verified backup was taken, as last looked; null without one.
    @Nullable Instant lastVerifiedBackup() {
        return lastVerifiedBackup;
    }

    String shownAddress() {
        return database.address().shown();
    }

    boolean embedded() {
        return postgres != null;
    }

    /// The embedded server's process; -1 without one.
    long pid() {
        return postgres == null ? -1 : postgres.pid();
    }

    private void awaitKeys() {
        try {
            if (!keyFeed.awaitLoaded(KEYS_LOAD)) {
                throw new StartException(
                        "the API keys could not be read within " + KEYS_LOAD.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while reading the API keys", e);
        }
    }

    private void close() {
        recalls.close();
        bookkeeping.close();
        keyUses.close();
        keyFeed.close();
    }
}
