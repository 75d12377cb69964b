package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import mooring.ledger.EpochClosedException;
import mooring.ledger.LeaseStore;
import mooring.ledger.LeaseStore.Grant;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LeaseStore.Return;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Nodes;
import mooring.ledger.Purse;
import mooring.problem.ProblemException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the database does with leases, call by call.
class PostgresLeaseStoreTest {

    private static final Duration LENGTH = Duration.ofSeconds(30);

    private static LedgerWorld world;
    private static LeaseStore store;
    private static NodeRegistration registration;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
        store = new PostgresLeaseStore(world.jdbi);
        registration = new NodeRegistration(world.jdbi, world.clock);
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @AfterEach
    void theLedgerVerifies() {
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aLeaseIsHeldMoneyOfItsWallet() {
        Customer customer = world.customer("held", "10");
        NodeEpoch node = alive("held-a");
        Grant grant = acquire(node, 1, customer, "2", "2", "3");
        assertThat(grant.granted()).isEqualTo(world.money("3"));
        assertThat(grant.standing().left()).isEqualTo(world.money("7"));
        assertThat(grant.validFor()).isNull();
        assertThat(world.balance(customer).held()).isEqualTo(world.money("3"));
        giveBack(node, 2, customer, "1.5", false);
        assertThat(world.balance(customer).held()).isEqualTo(world.money("1.5"));
    }

    @Test
    void aRepeatedCallMovesNothingTwice() {
        Customer customer = world.customer("repeated", "10");
        NodeEpoch node = alive("repeated-a");
        assertThat(acquire(node, 1, customer, "2", "2", "2").granted()).isEqualTo(world.money("2"));
        assertThat(acquire(node, 1, customer, "2", "2", "2").granted()).isEqualTo(world.money("2"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("2"));
        giveBack(node, 2, customer, "1", false);
        giveBack(node, 2, customer, "1", false);
        assertThat(world.balance(customer).held()).isEqualTo(world.money("1"));
    }

    @Test
    void aWishGetsAQuarterOfWhatTheNeedLeaves() {
        Customer customer = world.customer("short", "10");
        NodeEpoch node = alive("short-a");
        assertThat(acquire(node, 1, customer, "2", "2", "100").granted())
                .isEqualTo(world.money("4"));
    }

    @Test
    void ofTooLittleMoneyNothingIsGrantedAndOfLittleAllThatIsThere() {
        Customer customer = world.customer("little", "3");
        NodeEpoch node = alive("little-a");
        assertThat(acquire(node, 1, customer, "4", "8", "8").granted()).isEqualTo(world.money("0"));
        assertThat(acquire(node, 2, customer, "1", "8", "8").granted()).isEqualTo(world.money("3"));
    }

    @Test
    void aRecallIsHeardWithTheHeartbeatAndAnsweredByGivingBack() {
        Customer customer = world.customer("recalled", "10");
        NodeEpoch rich = alive("rich");
        NodeEpoch poor = alive("poor");
        acquire(rich, 1, customer, "10", "10", "10");
        Grant refused = acquire(poor, 1, customer, "4", "4", "4");
        assertThat(refused.granted()).isEqualTo(world.money("0"));
        assertThat(refused.standing().holders()).isEqualTo(1);
        assertThat(refused.standing().unanswered()).isZero();

        store.recall(poor, List.of(purse(customer)));
        assertThat(acquire(poor, 2, customer, "4", "4", "4").standing().unanswered()).isEqualTo(1);
        assertThat(store.heartbeat(rich, LENGTH, Map.of()).recalled())
                .containsExactly(purse(customer));
        giveBack(rich, 2, customer, "0", false);

        assertThat(acquire(poor, 3, customer, "4", "4", "4").standing().unanswered()).isZero();
        assertThat(store.heartbeat(rich, LENGTH, Map.of()).recalled()).isEmpty();
    }

    @Test
    void theHeartbeatTellsWhatOthersHaveUnused() {
        Customer customer = world.customer("elsewhere", "10");
        NodeEpoch here = alive("here");
        NodeEpoch there = alive("there");
        acquire(here, 1, customer, "1", "1", "1");
        acquire(there, 1, customer, "5", "5", "5");
        store.heartbeat(there, LENGTH, Map.of(purse(customer), world.money("2")));
        LeaseStore.Standing standing =
                store.heartbeat(here, LENGTH, Map.of(purse(customer), world.money("1")))
                        .standings()
                        .get(purse(customer));
        assertThat(standing)
                .isEqualTo(new LeaseStore.Standing(world.money("4"), world.money("3"), 1, 0));
    }

    @Test
    void aNewLifeOfANodeEndsTheOldOneAndKeepsItsLeasesUntilTheyAreClosed() { // G7
        Customer customer = world.customer("restarted", "10");
        NodeEpoch first = alive("restarted-a");
        acquire(first, 1, customer, "4", "4", "4");
        NodeEpoch second = alive("restarted-a");
        assertThatThrownBy(() -> acquire(first, 2, customer, "1", "1", "1"))
                .isInstanceOf(EpochClosedException.class);
        assertThatThrownBy(() -> store.heartbeat(first, LENGTH, Map.of()))
                .isInstanceOf(EpochClosedException.class);
        acquire(second, 1, customer, "1", "1", "1");
        assertThat(world.balance(customer).held()).isEqualTo(world.money("5"));
        registration.close(second);
        assertThat(world.balance(customer).held()).isEqualTo(world.money("1"));
        assertThat(unbilled("restarted-a")).isEmpty();
    }

    @Test
    void aNodeGivenUpLosesItsLeasesAndTheAmountIsWrittenDown() {
        Customer customer = world.customer("gone", "10");
        NodeEpoch node = alive("gone-a");
        acquire(node, 1, customer, "4", "4", "4");
        PostgresNodes nodes = new PostgresNodes(world.jdbi);
        assertThatThrownBy(() -> nodes.lost("gone-a"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("alive");
        silence("gone-a", "1 second");
        Nodes.Lost lost = nodes.lost("gone-a");
        assertThat(lost.node()).isEqualTo(node);
        assertThat(lost.unbilled()).containsExactly(world.money("4"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
        assertThat(unbilled("gone-a")).containsExactly("node_lost 1 4000000000");
        assertThat(events("gone-a"))
                .singleElement()
                .asString()
                .startsWith("node.lost ")
                .contains("\"amount\": \"4.00\"", "\"reason\": \"node_lost\"");
        assertThatThrownBy(() -> acquire(node, 2, customer, "1", "1", "1"))
                .isInstanceOf(EpochClosedException.class);
        giveBack(node, 3, customer, "1", false);
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
        assertThatThrownBy(() -> nodes.lost("nobody"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("nobody");
    }

    @Test
    void whoeverGivesANodeUpAndDiesLeavesTheRestToTheNextWatch() {
        Customer customer = world.customer("halfway", "10");
        NodeEpoch node = alive("halfway-a");
        acquire(node, 1, customer, "4", "4", "4");
        silence("halfway-a", "1 second");
        LeasePart dying =
                (LeasePart)
                        Proxy.newProxyInstance(
                                LeasePart.class.getClassLoader(),
                                new Class<?>[] {LeasePart.class},
                                (_, method, _) -> {
                                    throw new IllegalStateException(method.getName());
                                });
        PostgresNodes halfway =
                new PostgresNodes(world.jdbi, List.of(dying), PostgresNodes.SILENCE);
        assertThatThrownBy(() -> halfway.lost("halfway-a")).hasMessage("close");
        assertThat(state(halfway, "halfway-a")).isEqualTo(Nodes.State.LOST);
        assertThatThrownBy(() -> acquire(node, 2, customer, "1", "1", "1"))
                .isInstanceOf(EpochClosedException.class);
        assertThat(world.balance(customer).held()).isEqualTo(world.money("4"));

        new PostgresNodes(world.jdbi).watch();

        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
        assertThat(leases("halfway-a")).isZero();
        assertThat(unbilled("halfway-a")).hasSize(1);
    }

    @Test
    void silenceMakesANodeSuspectAndOnlyHalfAnHourUnderWatchLost() {
        Customer customer = world.customer("silent", "10");
        NodeEpoch node = alive("silent-a");
        acquire(node, 1, customer, "4", "4", "4");
        PostgresNodes nodes = new PostgresNodes(world.jdbi);
        silence("silent-a", "40 minutes");
        // The database may have been down that long: only what was watched counts.
        assertThat(nodes.watch()).isEmpty();
        assertThat(state(nodes, "silent-a")).isEqualTo(Nodes.State.SUSPECT);
        assertThat(world.balance(customer).held()).isEqualTo(world.money("4"));

        assertThat(nodes.watch()).isEmpty();
        assertThat(events("silent-a"))
                .as("one alarm, however often it is looked at")
                .singleElement()
                .asString()
                .startsWith("node.suspect ")
                .contains("\"node\": \"silent-a\"", "\"leased\": [{\"amount\": \"4.00\"");

        watched("silent-a", "29 minutes", "5 seconds");
        assertThat(nodes.watch()).isEmpty();
        watched("silent-a", "31 minutes", "2 minutes");
        assertThat(nodes.watch()).as("nobody watched for two minutes").isEmpty();
        watched("silent-a", "31 minutes", "5 seconds");
        assertThat(nodes.watch())
                .singleElement()
                .satisfies(
                        lost -> {
                            assertThat(lost.node()).isEqualTo(node);
                            assertThat(lost.reason()).isEqualTo("node_silent");
                        });
        assertThat(state(nodes, "silent-a")).isEqualTo(Nodes.State.LOST);
        assertThat(events("silent-a").getLast()).startsWith("node.lost ");
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void aHeartbeatEndsSuspicion() {
        Customer customer = world.customer("back", "10");
        NodeEpoch node = alive("back-a");
        acquire(node, 1, customer, "4", "4", "4");
        PostgresNodes nodes = new PostgresNodes(world.jdbi);
        silence("back-a", "1 minute");
        nodes.watch();
        assertThat(state(nodes, "back-a")).isEqualTo(Nodes.State.SUSPECT);
        store.heartbeat(node, LENGTH, Map.of());
        watched("back-a", "31 minutes", "5 seconds");
        store.heartbeat(node, LENGTH, Map.of());
        assertThat(nodes.watch()).isEmpty();
        assertThat(state(nodes, "back-a")).isEqualTo(Nodes.State.ALIVE);
    }

    @Test
    void aLeaseIsGoodUntilTheFirstMoneyOfTheWalletExpires() {
        Customer customer = world.customer("expiring", "10");
        world.jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        UPDATE credit_lot
                                        SET expires_at = clock_timestamp() + interval '1 hour'
                                        WHERE wallet_id = :wallet
                                        """)
                                .bind("wallet", customer.principal().wallet().uuid())
                                .execute());
        Grant grant = acquire(alive("expiring-a"), 1, customer, "1", "1", "1");
        assertThat(grant.validFor()).isBetween(Duration.ofMinutes(58), Duration.ofMinutes(60));
    }

    @Test
    void theLastReturnRemovesTheLease() {
        Customer customer = world.customer("last", "10");
        NodeEpoch node = alive("last-a");
        acquire(node, 1, customer, "4", "4", "4");
        giveBack(node, 2, customer, "4", true);
        assertThat(leases("last-a")).isZero();
    }

    private static NodeEpoch alive(String id) {
        NodeEpoch node = registration.begin(id);
        store.heartbeat(node, LENGTH, Map.of());
        return node;
    }

    private static Purse purse(Customer customer) {
        return new Purse.OfWallet(customer.principal().wallet());
    }

    private static Grant acquire(
            NodeEpoch node,
            long operation,
            Customer customer,
            String least,
            String need,
            String wish) {
        Need one =
                new Need(
                        purse(customer),
                        operation,
                        world.money(least),
                        world.money(need),
                        world.money(wish),
                        world.money("0"));
        return store.acquire(node, List.of(one)).getFirst();
    }

    private static void giveBack(
            NodeEpoch node, long operation, Customer customer, String amount, boolean last) {
        store.giveBack(
                node,
                List.of(
                        new Return(
                                purse(customer),
                                operation,
                                world.money(amount),
                                world.money("0"),
                                last)));
    }

    private static void silence(String node, String since) {
        world.jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        UPDATE node SET leases_until
                                            = clock_timestamp() - CAST(:since AS interval)
                                        WHERE id = :node
                                        """)
                                .bind("since", since)
                                .bind("node", node)
                                .execute());
    }

    private static void watched(String node, String since, String seen) {
        world.jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        UPDATE node SET
                                            suspect_since
                                                = clock_timestamp() - CAST(:since AS interval),
                                            suspect_seen
                                                = clock_timestamp() - CAST(:seen AS interval)
                                        WHERE id = :node
                                        """)
                                .bind("since", since)
                                .bind("seen", seen)
                                .bind("node", node)
                                .execute());
    }

    private static Nodes.State state(Nodes nodes, String id) {
        return nodes.list().stream()
                .filter(node -> node.node().node().equals(id))
                .findFirst()
                .orElseThrow()
                .state();
    }

    private static List<String> events(String node) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT topic || ' ' || payload FROM outbox
                                        WHERE key = :node ORDER BY seq
                                        """)
                                .bind("node", node)
                                .mapTo(String.class)
                                .list());
    }

    private static long leases(String node) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery("SELECT count(*) FROM lease WHERE node_id = :node")
                                .bind("node", node)
                                .mapTo(Long.class)
                                .one());
    }

    private static List<String> unbilled(String node) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT reason || ' ' || epoch || ' ' || amount
                                        FROM unbilled WHERE node_id = :node ORDER BY id
                                        """)
                                .bind("node", node)
                                .mapTo(String.class)
                                .list());
    }
}
