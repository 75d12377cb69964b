package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Nodes;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Nodes in PostgreSQL, judged by its clock alone.
public final class PostgresNodes implements Nodes {

    /// A node that was silent this long is given up (T2): longer than any request runs.
    public static final Duration SILENCE = Duration.ofMinutes(30);

    /// Silence counts only while somebody looks at least this often.
    static final Duration LONGEST_GAP = Duration.ofMinutes(1);

    private static final String BY_OPERATOR = "node_lost";
    private static final String BY_SILENCE = "node_silent";
    private static final String BY_RESTORE = "restored";

    private final Jdbi jdbi;
    private final List<LeasePart> parts;
    private final Duration silence;

    public PostgresNodes(Jdbi jdbi) {
        this(jdbi, LeasePart.all(), SILENCE);
    }

    /// @param parts as of [PostgresLeaseStore]
    public PostgresNodes(Jdbi jdbi, List<LeasePart> parts, Duration silence) {
        this.jdbi = jdbi;
        this.parts = List.copyOf(parts);
        this.silence = silence;
    }

    @Override
    public List<Node> list() {
        return jdbi.inTransaction(
                handle -> {
                    Map<String, List<Money>> leased = leased(handle);
                    return handle.createQuery(
                                    """
                                    SELECT id, epoch, started_at, leases_until, suspect_since,
                                        lost_at, leases_until > clock_timestamp() AS alive,
                                        EXISTS (SELECT FROM budget_lease l
                                            WHERE l.node_id = node.id AND l.amount > 0) AS budgets
                                    FROM node ORDER BY id
                                    """)
                            .map((row, _) -> node(row, leased))
                            .list();
                });
    }

    @Override
    public Lost lost(String node) {
        Lost lost =
                jdbi.inTransaction(
                        handle -> {
                            if (alive(handle, node)) {
                                throw new ProblemException(
                                        new Problem.Conflict(
                                                node
                                                        + ": is alive (expected: a node whose"
                                                        + " heartbeat has stopped; stop it"
                                                        + " first)"));
                            }
                            return alarmed(handle, giveUp(handle, node, BY_OPERATOR));
                        });
        closeLeases(lost.node(), BY_OPERATOR);
        return lost;
    }

    @Override
    public List<Lost> watch() {
        markSuspects();
        for (NodeEpoch unfinished : lostWithLeases()) {
            closeLeases(unfinished, BY_SILENCE);
        }
        List<Lost> lost = new ArrayList<>();
        for (String node : tooLongSilent()) {
            jdbi.useTransaction(
                    handle -> {
                        // Again under lock: it may have been heard meanwhile.
                        if (lockSilent(handle, node)) {
                            lost.add(alarmed(handle, giveUp(handle, node, BY_SILENCE)));
                        }
                    });
        }
        lost.forEach(each -> closeLeases(each.node(), BY_SILENCE));
        return lost;
    }

    /// A batch in each transaction, so that no wallet stays locked for long. Whoever dies in
    /// between leaves the rest to the next watch: a node that is given up leases nothing more.
    private void closeLeases(NodeEpoch node, String reason) {
        for (LeasePart part : parts) {
            boolean more = true;
            while (more) {
                more =
                        jdbi.inTransaction(
                                handle ->
                                        part.close(handle, node.node(), node.epoch() + 1, reason)
                                                > 0);
            }
        }
    }

    private List<NodeEpoch> lostWithLeases() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id, epoch FROM node n
                                        WHERE lost_at IS NOT NULL AND (
                                            EXISTS (SELECT FROM lease l WHERE l.node_id = n.id)
                                            OR EXISTS (
                                                SELECT FROM budget_lease l WHERE l.node_id = n.id))
                                        ORDER BY id
                                        """)
                                .map((row, _) -> new NodeEpoch(row.getString(1), row.getLong(2)))
                                .list());
    }

    /// Closes the leases of all nodes of a database that was restored, where none of them runs: for
    /// nobody else would. A node that starts on it later begins a new life, and what its journal
    /// has is booked all the same.
    ///
    /// @param replayed nodes whose journals were booked since: nothing of theirs is `unbilled`
    /// @return those that had leases
    public List<Lost> restored(Set<String> replayed) {
        return jdbi.inTransaction(
                handle -> {
                    List<Lost> closed = new ArrayList<>();
                    List<String> holders =
                            handle.createQuery(
                                            """
                                            SELECT id FROM node n
                                            WHERE EXISTS (
                                                SELECT FROM lease l WHERE l.node_id = n.id)
                                                OR EXISTS (
                                                SELECT FROM budget_lease l WHERE l.node_id = n.id)
                                            ORDER BY id FOR UPDATE
                                            """)
                                    .mapTo(String.class)
                                    .list();
                    for (String node : holders) {
                        String reason = replayed.contains(node) ? null : BY_RESTORE;
                        Lost lost = giveUp(handle, node, reason);
                        for (LeasePart part : parts) {
                            while (part.close(handle, node, lost.node().epoch() + 1, reason) > 0) {
                                // A batch of leases each time: nobody else is here yet.
                            }
                        }
                        if (reason == null) {
                            closed.add(
                                    new Lost(lost.node(), BY_RESTORE, lost.wallets(), List.of()));
                        } else {
                            NodeAlarms.lost(handle, lost);
                            closed.add(lost);
                        }
                    }
                    return closed;
                });
    }

    private void markSuspects() {
        jdbi.useTransaction(
                handle -> {
                    List<Suspect> fresh =
                            handle.createQuery(
                                            """
                                            WITH silent AS (
                                                SELECT n.id, n.suspect_since IS NOT NULL
                                                    AND n.suspect_seen > clock_timestamp()
                                                        - :gap * interval '1 millisecond' AS watched
                                                FROM node n
                                                WHERE n.lost_at IS NULL
                                                    AND n.leases_until < clock_timestamp()
                                                    AND (EXISTS (
                                                        SELECT FROM lease l WHERE l.node_id = n.id)
                                                    OR EXISTS (
                                                        SELECT FROM budget_lease l
                                                        WHERE l.node_id = n.id))
                                                ORDER BY n.id FOR UPDATE),
                                            marked AS (
                                                UPDATE node n SET
                                                    suspect_since = CASE WHEN s.watched
                                                        THEN n.suspect_since
                                                        ELSE clock_timestamp() END,
                                                    suspect_seen = clock_timestamp()
                                                FROM silent s WHERE s.id = n.id
                                                RETURNING n.id, n.epoch, n.suspect_since,
                                                    s.watched IS TRUE AS watched)
                                            SELECT id, epoch, suspect_since FROM marked
                                            WHERE NOT watched ORDER BY id
                                            """)
                                    .bind("gap", LONGEST_GAP.toMillis())
                                    .map(
                                            (row, _) ->
                                                    new Suspect(
                                                            new NodeEpoch(
                                                                    row.getString(1),
                                                                    row.getLong(2)),
                                                            row.getObject(3, OffsetDateTime.class)
                                                                    .toInstant()))
                                    .list();
                    if (!fresh.isEmpty()) {
                        Map<String, List<Money>> leased = leased(handle);
                        for (Suspect suspect : fresh) {
                            NodeAlarms.suspect(
                                    handle,
                                    suspect.node(),
                                    suspect.since(),
                                    leased.getOrDefault(suspect.node().node(), List.of()));
                        }
                    }
                });
    }

    private record Suspect(NodeEpoch node, Instant since) {}

    private List<String> tooLongSilent() {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT id FROM node
                                        WHERE lost_at IS NULL AND suspect_since
                                            < clock_timestamp() - :silence * interval '1 millisecond'
                                        ORDER BY id
                                        """)
                                .bind("silence", silence.toMillis())
                                .mapTo(String.class)
                                .list());
    }

    private boolean lockSilent(Handle handle, String node) {
        return handle.createQuery(
                        """
                        SELECT 1 FROM node
                        WHERE id = :node AND lost_at IS NULL AND suspect_since
                            < clock_timestamp() - :silence * interval '1 millisecond'
                        FOR UPDATE
                        """)
                .bind("node", node)
                .bind("silence", silence.toMillis())
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    private static boolean alive(Handle handle, String node) {
        Optional<Boolean> alive =
                handle.createQuery(
                                """
                                SELECT coalesce(lost_at IS NULL
                                    AND leases_until > clock_timestamp(), false)
                                FROM node WHERE id = :node FOR UPDATE
                                """)
                        .bind("node", node)
                        .mapTo(Boolean.class)
                        .findOne();
        return alive.orElseThrow(
                () ->
                        new ProblemException(
                                new Problem.NotFound(
                                        "id: "
                                                + node
                                                + " is no node here (expected: an id from GET"
                                                + " /api/v1/nodes)")));
    }

    /// Under the lock on the node's row: from its commit on no lease of this life comes to be, and
    /// those that are there are to be closed.
    ///
    /// @param reason why what is in them goes back without being billed; null when all was billed
    private Lost giveUp(Handle handle, String node, @Nullable String reason) {
        long epoch =
                handle.createQuery(
                                """
                                UPDATE node SET lost_at = coalesce(lost_at, clock_timestamp())
                                WHERE id = :node RETURNING epoch
                                """)
                        .bind("node", node)
                        .mapTo(Long.class)
                        .one();
        List<Money> unbilled = leased(handle).getOrDefault(node, List.of());
        long wallets =
                handle.createQuery(
                                """
                                SELECT count(DISTINCT wallet_id) FROM lease
                                WHERE node_id = :node AND amount > 0
                                """)
                        .bind("node", node)
                        .mapTo(Long.class)
                        .one();
        return new Lost(
                new NodeEpoch(node, epoch), reason == null ? "" : reason, wallets, unbilled);
    }

    private static Lost alarmed(Handle handle, Lost lost) {
        NodeAlarms.lost(handle, lost);
        return lost;
    }

    private static Map<String, List<Money>> leased(Handle handle) {
        Map<String, List<Money>> leased = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT l.node_id, w.currency, sum(l.amount)::bigint AS amount
                        FROM lease l JOIN wallet w ON w.id = l.wallet_id
                        WHERE l.amount > 0
                        GROUP BY l.node_id, w.currency ORDER BY l.node_id, w.currency
                        """)
                .map(
                        (row, _) ->
                                leased.computeIfAbsent(
                                                row.getString("node_id"), _ -> new ArrayList<>())
                                        .add(
                                                new Money(
                                                        row.getLong("amount"),
                                                        new Currency(row.getString("currency")))))
                .list();
        return leased;
    }

    private static Node node(ResultSet row, Map<String, List<Money>> leased) throws SQLException {
        String id = row.getString("id");
        Instant started = row.getObject("started_at", OffsetDateTime.class).toInstant();
        Instant lost = instant(row, "lost_at");
        List<Money> money = leased.getOrDefault(id, List.of());
        State state;
        if (lost != null) {
            state = State.LOST;
        } else if (row.getBoolean("alive")) {
            state = State.ALIVE;
        } else {
            state = money.isEmpty() && !row.getBoolean("budgets") ? State.GONE : State.SUSPECT;
        }
        return new Node(
                new NodeEpoch(id, row.getLong("epoch")),
                state,
                started,
                instant(row, "leases_until"),
                state == State.SUSPECT ? instant(row, "suspect_since") : null,
                lost,
                money);
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }
}
