package mooring.accounts.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mooring.accounts.KeyHash;
import mooring.accounts.KnownKeys;
import mooring.accounts.KnownNetworks;
import mooring.accounts.Network;
import mooring.accounts.Principal;
import mooring.ids.OrganizationId;
import mooring.ledger.store.BudgetsInForce;
import mooring.limits.KnownStandings;
import mooring.limits.LimitStanding;
import mooring.limits.store.Standings;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All keys that count, in memory, with their budgets and what decides about their limits: what
/// each request is checked by. Reading never waits.
///
/// One virtual thread with a connection of its own listens for changes and asks for them every half
/// second besides, since a notification can be lost. Without the database the feed goes on with
/// what it has for five minutes, then knows nobody.
public final class KeyFeed implements KnownKeys, KnownStandings, KnownNetworks, AutoCloseable {

    /// How often changes are asked for when nothing is heard.
    static final Duration POLL = Duration.ofMillis(500);

    /// How long keys are trusted that could have been revoked meanwhile.
    static final Duration TRUSTED = Duration.ofMinutes(5);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /// A connection that gives no answer for this long is given up.
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    /// Rows fetched at a time while loading.
    private static final int FETCH = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(KeyFeed.class);

    private final Jdbi jdbi;
    private final Clock clock;
    private final CacheScopes scopes;
    private final ConcurrentHashMap<KeyHash, Principal> keys = new ConcurrentHashMap<>();

    /// Of organizations that have or had any; touched by the reader alone.
    private final Map<OrganizationId, BudgetsInForce.OfOrganization> budgets = new HashMap<>();

    private final ConcurrentHashMap<OrganizationId, LimitStanding> standings =
            new ConcurrentHashMap<>();

    /// Of organizations that named any.
    private final ConcurrentHashMap<OrganizationId, List<Network>> networks =
            new ConcurrentHashMap<>();

    /// Revoked by this process and not yet seen revoked in the database: a read that began before
    /// the revocation must not bring them back.
    private final Set<KeyHash> forgotten = ConcurrentHashMap.newKeySet();

    private final CountDownLatch loaded = new CountDownLatch(1);
    private final Thread reader;
    private volatile boolean closing;
    private volatile boolean connected;
    private volatile long freshNanos;

    /// Starts at once; until the first load is done nobody is known.
    ///
    /// @param jdbi gives the connection that is kept for good
    /// @param scopeSecret what cache scopes are keyed with, the same on every node
    public KeyFeed(Jdbi jdbi, Clock clock, byte[] scopeSecret) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.scopes = new CacheScopes(scopeSecret);
        this.reader = Thread.ofVirtual().name("key-feed").start(this::run);
    }

    /// Who stands behind the hash, as far as this process knows: a key made elsewhere in the last
    /// half second may be missing.
    @Override
    public @Nullable Principal find(KeyHash hash) {
        return current() ? keys.get(hash) : null;
    }

    @Override
    public LimitStanding of(OrganizationId organization) {
        return standings.getOrDefault(organization, LimitStanding.PLAIN);
    }

    @Override
    public List<Network> networks(OrganizationId organization) {
        return networks.getOrDefault(organization, List.of());
    }

    @Override
    public boolean current() {
        return connected || clock.monotonicNanos() - freshNanos < TRUSTED.toNanos();
    }

    /// Ends a key here and now; other nodes follow within a second of the database's row.
    public void forget(KeyHash hash) {
        forgotten.add(hash);
        keys.remove(hash);
    }

    /// Whether the database is heard at this moment.
    boolean connected() {
        return connected;
    }

    /// Waits for the first load; false when it did not come in time.
    public boolean awaitLoaded(Duration atMost) throws InterruptedException {
        return loaded.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        closing = true;
        // A reader that waits for notifications sees it within a poll; interrupting it there would
        // break its connection.
        if (!connected) {
            reader.interrupt();
        }
        try {
            if (!reader.join(CLOSE_WAIT)) {
                LOG.warn("the key feed did not stop within {}", CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        while (!closing) {
            long begun = clock.monotonicNanos();
            try (Handle handle = jdbi.open()) {
                follow(handle);
            } catch (RuntimeException | SQLException e) {
                if (!closing) {
                    LOG.warn("key feed: connection lost, trying again: {}", e.toString());
                }
            }
            connected = false;
            if (clock.monotonicNanos() - begun > LONGEST_PAUSE.toNanos()) {
                pause = FIRST_PAUSE;
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause = pause.multipliedBy(2);
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        }
    }

    private void follow(Handle handle) throws SQLException {
        handle.getConnection().setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
        PGConnection postgres = handle.getConnection().unwrap(PGConnection.class);
        handle.execute("LISTEN api_key");
        // From the beginning each time: after a failover versions can have gone back.
        budgets.clear();
        Seen seen = load(handle, Seen.NOTHING);
        fresh();
        loaded.countDown();
        while (!closing) {
            postgres.getNotifications((int) POLL.toMillis());
            seen = load(handle, seen);
            fresh();
        }
        handle.execute("UNLISTEN api_key");
    }

    /// Up to which version of each kind was read.
    private record Seen(long limits, long budgets, long keys) {
        static final Seen NOTHING = new Seen(0, 0, 0);
    }

    /// What has changed, all of one moment: no key is known before what decides about its use.
    private Seen load(Handle handle, Seen seen) {
        return handle.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ,
                moment ->
                        new Seen(
                                loadStandings(moment, seen.limits()),
                                loadBudgets(moment, seen.budgets()),
                                seen.equals(Seen.NOTHING)
                                        ? loadAll(moment)
                                        : loadChanges(moment, seen.keys())));
    }

    private void fresh() {
        freshNanos = clock.monotonicNanos();
        connected = true;
    }

    private long loadStandings(Handle handle, long seen) {
        Standings.Changes changes = Standings.since(handle, seen);
        standings.putAll(changes.standings());
        // After the standings, whose version counts for both: a change between the two comes again.
        PostgresAllowlists.since(handle, seen).forEach(this::apply);
        return changes.version();
    }

    private void apply(OrganizationId organization, List<Network> allowed) {
        if (allowed.isEmpty()) {
            networks.remove(organization);
        } else {
            networks.put(organization, allowed);
        }
    }

    /// Budgets before keys: a key that is read later finds those of its organization.
    private long loadBudgets(Handle handle, long seen) {
        BudgetsInForce.Changes changes = BudgetsInForce.since(handle, seen);
        if (!changes.organizations().isEmpty()) {
            budgets.putAll(changes.organizations());
            keys.replaceAll((_, principal) -> withBudgets(principal));
        }
        return changes.version();
    }

    private Principal withBudgets(Principal principal) {
        return KeyRow.withBudgets(
                principal,
                budgets.getOrDefault(principal.organization(), BudgetsInForce.OfOrganization.NONE));
    }

    private long loadAll(Handle handle) {
        Set<KeyHash> found = ConcurrentHashMap.newKeySet();
        long version = 0;
        try (var rows = rows(handle, 0)) {
            while (rows.hasNext()) {
                KeyRow row = rows.next();
                version = Math.max(version, row.version());
                found.add(row.hash());
                apply(row);
            }
        }
        keys.keySet().retainAll(found);
        return version;
    }

    private long loadChanges(Handle handle, long seen) {
        long version = seen;
        try (var rows = rows(handle, seen)) {
            while (rows.hasNext()) {
                KeyRow row = rows.next();
                version = Math.max(version, row.version());
                apply(row);
            }
        }
        return version;
    }

    private ResultIterator<KeyRow> rows(Handle handle, long after) {
        return handle.createQuery(
                        "SELECT "
                                + KeyRow.COLUMNS
                                + """
                                FROM api_key k
                                JOIN wallet w ON w.organization_id = k.organization_id
                                WHERE k.version > :after
                                ORDER BY k.version
                                """)
                .setFetchSize(FETCH)
                .bind("after", after)
                .map((row, _) -> KeyRow.read(row, scopes))
                .iterator();
    }

    private void apply(KeyRow row) {
        if (row.revoked()) {
            keys.remove(row.hash());
            forgotten.remove(row.hash());
        } else {
            keys.put(row.hash(), withBudgets(row.bare()));
            // Looked at after the key is in, so that a revocation meanwhile takes it out again.
            if (forgotten.contains(row.hash())) {
                keys.remove(row.hash());
            }
        }
    }
}
