package mooring.catalog.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import mooring.catalog.Catalog;
import mooring.catalog.PriceBook;
import mooring.catalog.PriceDraft;
import mooring.catalog.PriceGaps;
import mooring.catalog.PriceSnapshot;
import mooring.catalog.PriceVersion;
import mooring.catalog.PricesRefusedException;
import mooring.ids.IdGenerator;
import mooring.ids.PriceVersionId;
import mooring.money.Currency;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/// Price versions as rows that no statement changes once they are published.
public final class PostgresPriceBook implements PriceBook {

    /// How long a superseded version stays in snapshots: for requests admitted a moment ago, and
    /// for clocks that differ by as much as a ready node's may.
    private static final Duration STILL_WANTED = Duration.ofMinutes(1);

    private static final String HEAD =
            "SELECT id, number, list, currency, effective_from, published_at FROM price_version ";

    private record Head(
            UUID id,
            int number,
            String list,
            Currency currency,
            Instant effectiveFrom,
            Instant publishedAt) {}

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    /// Versions of the last snapshot; they never change, so they are read once.
    private final Map<UUID, PriceVersion> known = new ConcurrentHashMap<>();

    public PostgresPriceBook(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    @Override
    public PriceSnapshot snapshot() {
        Instant cutoff = clock.now().minus(STILL_WANTED);
        // Versions and assignments of one instant: an assigned list is never without its version.
        return jdbi.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ,
                handle -> {
                    List<Head> heads =
                            handle.createQuery(
                                            HEAD
                                                    + """
                                                    AS v WHERE published_at IS NOT NULL
                                                        AND NOT EXISTS (
                                                            SELECT FROM price_version w
                                                            WHERE w.list = v.list
                                                            AND w.published_at IS NOT NULL
                                                            AND w.effective_from <= :cutoff
                                                            AND (w.effective_from, w.number)
                                                                > (v.effective_from, v.number))
                                                    """)
                                    .bind("cutoff", cutoff)
                                    .map((row, _) -> head(row))
                                    .list();
                    known.keySet()
                            .retainAll(heads.stream().map(Head::id).collect(Collectors.toSet()));
                    List<PriceVersion> versions = new ArrayList<>();
                    for (Head head : heads) {
                        PriceVersion version = known.get(head.id());
                        if (version == null) {
                            version = whole(handle, head);
                            known.put(head.id(), version);
                        }
                        versions.add(version);
                    }
                    return new PriceSnapshot(versions, PostgresPriceLists.since(handle, cutoff));
                });
    }

    @Override
    public Optional<PriceVersion> inForce(String list, Instant at) {
        return jdbi.withHandle(handle -> inForce(handle, list, at));
    }

    @Override
    public Optional<PriceVersion> current() {
        return inForce(PriceVersion.DEFAULT_LIST, clock.now());
    }

    @Override
    public Optional<PriceVersion> find(PriceVersionId id) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(HEAD + "WHERE id = :id")
                                .bind("id", id.uuid())
                                .map((row, _) -> head(row))
                                .findOne()
                                .map(head -> whole(handle, head)));
    }

    @Override
    public List<PriceVersion> publish(
            List<PriceDraft> drafts, Catalog routable, @Nullable Instant effectiveFrom) {
        List<String> gaps =
                drafts.stream().flatMap(draft -> PriceGaps.of(draft, routable).stream()).toList();
        if (!gaps.isEmpty()) {
            throw new PricesRefusedException(gaps);
        }
        return jdbi.inTransaction(
                handle -> {
                    // Two that publish at once get two numbers.
                    handle.execute("LOCK TABLE price_version IN EXCLUSIVE MODE");
                    Instant now = clock.now().truncatedTo(ChronoUnit.MICROS);
                    Instant from =
                            effectiveFrom == null
                                    ? now
                                    : effectiveFrom.truncatedTo(ChronoUnit.MICROS);
                    List<PriceVersion> versions = new ArrayList<>();
                    for (PriceDraft draft : drafts) {
                        requireNotPast(handle, draft.list(), from, now);
                        UUID id = ids.next();
                        insert(handle, id, draft, from);
                        PriceRows.insert(handle, id, draft.prices(), routable);
                        handle.createUpdate(
                                        "UPDATE price_version SET published_at = :at WHERE id = :id")
                                .bind("at", now)
                                .bind("id", id)
                                .execute();
                        versions.add(
                                handle.createQuery(HEAD + "WHERE id = :id")
                                        .bind("id", id)
                                        .map((row, _) -> head(row))
                                        .findOne()
                                        .map(head -> whole(handle, head))
                                        .orElseThrow());
                    }
                    return versions;
                });
    }

    private static void requireNotPast(Handle handle, String list, Instant from, Instant now) {
        if (from.isBefore(now)
                && handle.createQuery(
                                """
                                SELECT EXISTS (SELECT FROM price_version
                                    WHERE list = :list AND published_at IS NOT NULL)
                                """)
                        .bind("list", list)
                        .mapTo(Boolean.class)
                        .one()) {
            throw new PricesRefusedException(
                    List.of(
                            "effective_from: "
                                    + from
                                    + " (expected: an instant from now on, "
                                    + now
                                    + "; requests since then were charged already)"));
        }
    }

    private static void insert(Handle handle, UUID id, PriceDraft draft, Instant from) {
        handle.createUpdate(
                        """
                        INSERT INTO price_version (id, number, list, currency, effective_from)
                        SELECT :id, coalesce(max(number), 0) + 1, :list, :currency, :from
                        FROM price_version
                        """)
                .bind("id", id)
                .bind("list", draft.list())
                .bind("currency", draft.currency().code())
                .bind("from", from)
                .execute();
    }

    static Optional<PriceVersion> inForce(Handle handle, String list, Instant at) {
        return handle.createQuery(
                        HEAD
                                + """
                                WHERE list = :list AND published_at IS NOT NULL
                                    AND effective_from <= :at
                                ORDER BY effective_from DESC, number DESC LIMIT 1
                                """)
                .bind("list", list)
                .bind("at", at)
                .map((row, _) -> head(row))
                .findOne()
                .map(head -> whole(handle, head));
    }

    private static Head head(ResultSet row) throws SQLException {
        OffsetDateTime published = row.getObject("published_at", OffsetDateTime.class);
        Instant from = row.getObject("effective_from", OffsetDateTime.class).toInstant();
        return new Head(
                row.getObject("id", UUID.class),
                row.getInt("number"),
                row.getString("list"),
                new Currency(row.getString("currency")),
                from,
                published == null ? from : published.toInstant());
    }

    private static PriceVersion whole(Handle handle, Head head) {
        return new PriceVersion(
                new PriceVersionId(head.id()),
                head.number(),
                head.list(),
                head.currency(),
                head.effectiveFrom(),
                head.publishedAt(),
                PriceRows.prices(handle, head.id()));
    }
}
