package mooring.accounts.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.Callable;
import mooring.accounts.ApiKey;
import mooring.accounts.ApiKeys;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import mooring.accounts.Organization;
import mooring.accounts.Principal;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ledger.ActiveBudget;
import mooring.ledger.BudgetSubject;
import mooring.ledger.LedgerWorld;
import mooring.ledger.SwitchableStore;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.testing.Await;
import mooring.time.Clock;
import mooring.time.PeriodLength;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Organizations, their keys, and how fast a node knows of a change.
class AccountsStoreTest {

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void organizationsAreListedInTheOrderOfCreationPageByPage() {
        Organization one = world.organizations.create("one", Currency.USD);
        Organization two = world.organizations.create("two", Currency.USD);
        Organization three = world.organizations.create("三", new Currency("CNY"));
        assertThat(world.organizations.list(one.id(), 2)).containsExactly(two, three);
        assertThat(world.organizations.list(three.id(), 2)).isEmpty();
        assertThat(world.organizations.find(two.id())).contains(two);
        assertThat(world.organizations.find(new OrganizationId(world.ids.next()))).isEmpty();
        assertThat(world.wallets.balance(three.id()).orElseThrow().posted().nanos()).isZero();
    }

    @Test
    void aNameThatIsEmptyOrTooLongIsRefused() {
        for (String name : List.of("", "  ", "x".repeat(201), "a\0b")) {
            assertThatThrownBy(() -> world.organizations.create(name, Currency.USD))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            e ->
                                    assertThat(e.problem())
                                            .isInstanceOf(Problem.InvalidRequest.class));
        }
    }

    @Test
    void aKeyIsShownOnceAndStoredAsAHashOnly() {
        OrganizationId organization = world.organizations.create("keys", Currency.USD).id();
        ApiKeys.Created created = world.keys.create(organization, "laptop");
        String secret = created.secret().reveal();
        assertThat(KeySecret.wellFormed(secret, KeySecret.API_PREFIX)).isTrue();
        Principal principal = world.keys.principal(KeyHash.of(secret)).orElseThrow();
        assertThat(principal.key()).isEqualTo(created.key().id());
        assertThat(principal.organization()).isEqualTo(organization);
        assertThat(world.keys.principal(KeyHash.of(secret + "x"))).isEmpty();
        assertThat(world.keys.list(organization, null, 10)).containsExactly(created.key());
        String row =
                world.jdbi.withHandle(
                        handle ->
                                handle.createQuery("SELECT k::text FROM api_key k WHERE id = :id")
                                        .bind("id", created.key().id().uuid())
                                        .mapTo(String.class)
                                        .one());
        assertThat(row).contains("laptop").doesNotContain(secret.substring(20));
    }

    @Test
    void aKeyIsRevokedForEver() {
        OrganizationId organization = world.organizations.create("revoked", Currency.USD).id();
        ApiKeys.Created created = world.keys.create(organization, "old");
        ApiKey revoked = world.keys.revoke(created.key().id()).orElseThrow();
        assertThat(revoked.revoked()).isTrue();
        assertThat(world.keys.revoke(created.key().id())).contains(revoked);
        assertThat(world.keys.principal(created.secret().hash())).isEmpty();
        assertThat(world.keys.revoke(new KeyId(world.ids.next()))).isEmpty();
        assertThatThrownBy(
                        () ->
                                world.jdbi.useHandle(
                                        handle ->
                                                handle.execute(
                                                        "UPDATE api_key SET revoked_at = NULL")))
                .hasMessageContaining("a revoked key stays revoked");
    }

    @Test
    void aKeyOfAnUnknownOrganizationIsRefused() {
        OrganizationId nobody = new OrganizationId(world.ids.next());
        assertThatThrownBy(() -> world.keys.create(nobody, "x"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem()).isInstanceOf(Problem.NotFound.class));
    }

    @Test
    void cacheScopesTellOrganizationsApartAndNeedTheSecret() {
        var one = new OrganizationId(world.ids.next());
        var other = new OrganizationId(world.ids.next());
        CacheScopes scopes = new CacheScopes(LedgerWorld.SCOPE_SECRET);
        assertThat(scopes.of(one)).isEqualTo(new CacheScopes(LedgerWorld.SCOPE_SECRET).of(one));
        assertThat(scopes.of(one)).isNotEqualTo(scopes.of(other));
        assertThat(scopes.of(one).token()).matches("[0-9a-f]{32}");
        assertThat(new CacheScopes("other".getBytes(StandardCharsets.UTF_8)).of(one))
                .isNotEqualTo(scopes.of(one));
    }

    @Test
    void aChangedBudgetIsKnownOnEveryNodeWithinASecond() throws InterruptedException {
        OrganizationId organization = world.organizations.create("spenders", Currency.USD).id();
        ApiKeys.Created key = world.keys.create(organization, "limited");
        KeyHash limited = key.secret().hash();
        KeyHash other = world.keys.create(organization, "other").secret().hash();
        try (KeyFeed feed = feed(world.clock, new SwitchableStore(world.database))) {
            assertThat(feed.awaitLoaded(LedgerWorld.PATIENCE)).isTrue();
            assertThat(budgets(feed, limited)).isEmpty();
            BudgetId budget =
                    world.budgets
                            .create(
                                    organization,
                                    new BudgetSubject.OfKey(key.key().id()),
                                    PeriodLength.DAY,
                                    Money.parse("3", Currency.USD),
                                    List.of())
                            .budget()
                            .id();
            within(() -> budgets(feed, limited).size() == 1);
            assertThat(budgets(feed, other)).isEmpty();
            assertThat(feed.find(limited)).isEqualTo(world.keys.principal(limited).orElseThrow());
            Money raised = Money.parse("4", Currency.USD);
            world.budgets.change(organization, budget, raised, null);
            within(() -> budgets(feed, limited).getFirst().limit().equals(raised));
            ZoneId zone = ZoneId.of("Asia/Kathmandu");
            world.organizations.changeZone(organization, zone);
            within(() -> budgets(feed, limited).getFirst().periods().zone().equals(zone));
            world.budgets.create(
                    organization,
                    new BudgetSubject.OfOrganization(organization),
                    PeriodLength.MONTH,
                    raised,
                    List.of());
            within(() -> budgets(feed, limited).size() == 2 && budgets(feed, other).size() == 1);
            KeyHash later = world.keys.create(organization, "later").secret().hash();
            within(() -> feed.find(later) != null);
            assertThat(budgets(feed, later)).isEqualTo(budgets(feed, other));
            world.budgets.end(organization, budget);
            within(() -> budgets(feed, limited).size() == 1);
        }
    }

    /// A second for the product, the rest for a machine that does other things too.
    private static void within(Callable<Boolean> condition) {
        Await.until("heard", LedgerWorld.PATIENCE, condition);
    }

    private static List<ActiveBudget> budgets(KeyFeed feed, KeyHash hash) {
        Principal principal = feed.find(hash);
        return principal == null ? List.of() : principal.budgets();
    }

    @Test
    void aRevokedKeyStopsOnEveryNodeWithinASecondAndHereAtOnce() throws InterruptedException {
        OrganizationId organization = world.organizations.create("feeds", Currency.USD).id();
        KeyHash known = world.keys.create(organization, "known").secret().hash();
        try (KeyFeed here = feed(world.clock, new SwitchableStore(world.database));
                KeyFeed there = feed(world.clock, new SwitchableStore(world.database))) {
            assertThat(here.awaitLoaded(LedgerWorld.PATIENCE)).isTrue();
            assertThat(there.awaitLoaded(LedgerWorld.PATIENCE)).isTrue();
            assertThat(here.find(known)).isNotNull().isEqualTo(there.find(known));

            var keys =
                    new PostgresApiKeys(
                            world.jdbi,
                            world.clock,
                            world.ids,
                            LedgerWorld.SCOPE_SECRET,
                            here::forget);
            for (int i = 0; i < 5; i++) {
                ApiKeys.Created created = keys.create(organization, "new");
                KeyHash hash = created.secret().hash();
                Await.until("known", LedgerWorld.PATIENCE, () -> there.find(hash) != null);
                Await.until("known", LedgerWorld.PATIENCE, () -> here.find(hash) != null);
                keys.revoke(created.key().id());
                assertThat(here.find(hash)).isNull();
                within(() -> there.find(hash) == null);
                assertThat(here.find(hash)).isNull();
            }
            assertThat(there.connected()).isTrue();
        }
    }

    @Test
    void aFeedSurvivesItsConnectionAndTrustsItsKeysForFiveMinutes() throws InterruptedException {
        OrganizationId organization = world.organizations.create("lost", Currency.USD).id();
        KeyHash known = world.keys.create(organization, "known").secret().hash();
        SwitchableStore store = new SwitchableStore(world.database);
        MovableClock clock = new MovableClock();
        try (KeyFeed feed = feed(clock, store)) {
            assertThat(feed.awaitLoaded(LedgerWorld.PATIENCE)).isTrue();
            store.down(true);
            cutListeners();
            Await.until("stale", LedgerWorld.PATIENCE, () -> !feed.connected());
            assertThat(feed.find(known)).isNotNull();
            clock.forward(Duration.ofMinutes(4));
            assertThat(feed.find(known)).isNotNull();
            clock.forward(Duration.ofMinutes(2));
            assertThat(feed.find(known)).isNull();

            KeyHash made = world.keys.create(organization, "made meanwhile").secret().hash();
            store.down(false);
            Await.until("current", LedgerWorld.PATIENCE, () -> feed.find(made) != null);
            assertThat(feed.find(known)).isNotNull();
            assertThat(feed.connected()).isTrue();
        }
    }

    @Test
    void theLastUseOfAKeyIsWrittenDownLater() {
        OrganizationId organization = world.organizations.create("used", Currency.USD).id();
        ApiKey key = world.keys.create(organization, "used").key();
        try (KeyUses uses = new KeyUses(world.jdbi, world.clock)) {
            uses.used(key.id());
            assertThat(world.keys.list(organization, null, 1).getFirst().lastUsedAt()).isNull();
        }
        assertThat(world.keys.list(organization, null, 1).getFirst().lastUsedAt())
                .isBetween(key.createdAt(), world.clock.now());
    }

    private static KeyFeed feed(Clock clock, SwitchableStore store) {
        return new KeyFeed(store.jdbi(), clock, LedgerWorld.SCOPE_SECRET);
    }

    private static void cutListeners() {
        world.jdbi.useHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                        WHERE datname = current_database()
                                            AND pid <> pg_backend_pid()
                                        """)
                                .mapTo(Boolean.class)
                                .list());
        // The pool trusts what it lent a moment ago.
        if (world.database.database().dataSource() instanceof HikariDataSource pool) {
            pool.getHikariPoolMXBean().softEvictConnections();
        }
    }

    private static final class MovableClock implements Clock {
        private volatile Duration ahead = Duration.ZERO;

        void forward(Duration by) {
            ahead = ahead.plus(by);
        }

        @Override
        public Instant now() {
            return Clock.system().now().plus(ahead);
        }

        @Override
        public long monotonicNanos() {
            return Clock.system().monotonicNanos() + ahead.toNanos();
        }
    }
}
