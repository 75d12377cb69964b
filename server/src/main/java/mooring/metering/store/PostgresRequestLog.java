package mooring.metering.store;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import mooring.metering.Adjustment;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestArchive;
import mooring.metering.RequestLog;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/// The request log in PostgreSQL, and behind its last day the archive.
///
/// It is walked from the newest id down by the index on organization and id, a bounded stretch at a
/// time, whatever is searched for: a search for what hardly occurs gives short pages, not long
/// waits.
public final class PostgresRequestLog implements RequestLog {

    /// Rows of one stretch.
    private static final int STRETCH = 20_000;

    /// A page that is not full goes on with the next stretch for so long.
    private static final Duration SEARCH = Duration.ofMillis(400);

    private static final int MAX_LIMIT = 1_000;
    private static final int FETCH = 1_000;

    private final Jdbi jdbi;
    private final Clock clock;
    private final @Nullable RequestArchive archive;

    public PostgresRequestLog(Jdbi jdbi, Clock clock, @Nullable RequestArchive archive) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.archive = archive;
    }

    @Override
    public Page page(
            OrganizationId organization, Filter filter, @Nullable RequestId before, int limit) {
        int most = Math.clamp(limit, 1, MAX_LIMIT);
        // One more than is shown tells whether there is a next page.
        int wanted = most + 1;
        RequestId start = LogIds.first(filter.from());
        RequestId bound = LogIds.first(filter.to());
        if (before != null) {
            bound = LogIds.earlier(before, bound);
        }
        NavigableSet<LocalDate> archived = archived();
        List<LoggedRequest> found = new ArrayList<>();
        long deadline = clock.monotonicNanos() + SEARCH.toNanos();
        while (LogIds.compare(start, bound) < 0) {
            RequestId floor =
                    stretch(
                            organization,
                            filter,
                            start,
                            bound,
                            archived,
                            wanted - found.size(),
                            found);
            if (found.size() == wanted) {
                List<LoggedRequest> shown = found.subList(0, most);
                return new Page(List.copyOf(shown), shown.getLast().id());
            }
            bound = floor;
            if (clock.monotonicNanos() > deadline && LogIds.compare(start, bound) < 0) {
                return new Page(found, bound);
            }
        }
        return new Page(found, null);
    }

    @Override
    public Optional<LoggedRequest> find(OrganizationId organization, RequestId id) {
        LocalDate day = LogIds.day(id);
        Optional<LoggedRequest> live =
                jdbi.withHandle(
                        handle ->
                                handle.createQuery(RequestRows.byId())
                                        .bind("day", day)
                                        .bind("id", id.uuid())
                                        .bind("organization", organization.uuid())
                                        .map((row, _) -> RequestRows.read(row))
                                        .findOne());
        if (live.isPresent() || archive == null || !archived().contains(day)) {
            return live;
        }
        List<LoggedRequest> found = new ArrayList<>();
        Instant began = LogIds.began(id);
        archive.search(
                new RequestArchive.Search(
                        organization, day, Filter.all(began, began.plusMillis(1)), id, null, 1),
                found::add);
        return found.stream().findFirst();
    }

    @Override
    public List<PriceLine> lines(LoggedRequest request) {
        LoggedRequest.Bill bill = request.bill();
        if (bill == null) {
            return List.of();
        }
        UUID version = bill.priceVersion().uuid();
        StoredRates rates = jdbi.withHandle(handle -> StoredRates.read(handle, Set.of(version)));
        List<ChargeShares.Item> items =
                rates.items(
                        version,
                        request.model().text(),
                        RowText.tier(request.tier()),
                        bill.usage().prompt(),
                        bill.usage(),
                        bill.calls());
        long[] shares = ChargeShares.of(bill.charge().nanos(), items);
        List<PriceLine> lines = new ArrayList<>();
        for (int i = 0; i < shares.length; i++) {
            ChargeShares.Item item = items.get(i);
            lines.add(
                    new PriceLine(
                            item.name(),
                            item.unit(),
                            item.quantity(),
                            item.unitNanos(),
                            new Money(shares[i], bill.charge().currency())));
        }
        return lines;
    }

    @Override
    public List<Adjustment> adjustments(RequestId id) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT * FROM usage_adjustment WHERE request_id = :request
                                        ORDER BY id LIMIT 1000
                                        """)
                                .bind("request", id.uuid())
                                .map((row, _) -> PostgresAdjustments.adjustment(row))
                                .list());
    }

    @Override
    public Map<RequestId, Money> adjusted(OrganizationId organization, Instant from, Instant to) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT request_id, currency, sum(CASE direction
                                            WHEN 'debit' THEN amount ELSE -amount END)::bigint
                                            AS change
                                        FROM usage_adjustment
                                        WHERE organization_id = :organization
                                            AND request_id >= :first AND request_id < :bound
                                        GROUP BY request_id, currency
                                        """)
                                .bind("organization", organization.uuid())
                                .bind("first", LogIds.first(from).uuid())
                                .bind("bound", LogIds.first(to).uuid())
                                .map(
                                        (row, _) ->
                                                Map.entry(
                                                        new RequestId(row.getObject(1, UUID.class)),
                                                        new Money(
                                                                row.getLong("change"),
                                                                new Currency(row.getString(2)))))
                                .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Override
    public void export(OrganizationId organization, Filter filter, Consumer<LoggedRequest> sink) {
        RequestId start = LogIds.first(filter.from());
        RequestId bound = LogIds.first(filter.to());
        NavigableSet<LocalDate> archived = archived();
        while (LogIds.compare(start, bound) < 0) {
            LocalDate day = lastDay(bound);
            if (archive != null && archived.contains(day)) {
                archive.search(
                        new RequestArchive.Search(
                                organization, day, filter, null, bound, Long.MAX_VALUE),
                        sink);
                bound = LogIds.first(LogIds.start(day));
                continue;
            }
            LocalDate nearest = archived.floor(day);
            RequestId floor =
                    nearest == null
                            ? start
                            : later(start, LogIds.first(LogIds.start(nearest.plusDays(1))));
            RequestId until = bound;
            // A transaction, because only in one does the driver read by a cursor.
            jdbi.useTransaction(
                    handle -> {
                        try (var rows =
                                query(handle, organization, filter, floor, until, "")
                                        .setFetchSize(FETCH)
                                        .map((row, _) -> RequestRows.read(row))
                                        .iterator()) {
                            rows.forEachRemaining(sink);
                        }
                    });
            bound = floor;
        }
    }

    /// Searches one stretch below `bound`; returns where the next begins.
    private RequestId stretch(
            OrganizationId organization,
            Filter filter,
            RequestId start,
            RequestId bound,
            NavigableSet<LocalDate> archived,
            int limit,
            List<LoggedRequest> found) {
        LocalDate day = lastDay(bound);
        if (archive != null && archived.contains(day)) {
            archive.search(
                    new RequestArchive.Search(organization, day, filter, null, bound, limit),
                    found::add);
            return LogIds.first(LogIds.start(day));
        }
        LocalDate nearest = archived.floor(day);
        RequestId lowest =
                nearest == null
                        ? start
                        : later(start, LogIds.first(LogIds.start(nearest.plusDays(1))));
        return jdbi.inTransaction(
                handle -> {
                    RequestId floor = lowest;
                    if (filter.clientRequestId() == null && narrowed(filter)) {
                        floor =
                                later(
                                        floor,
                                        depth(handle, "settlement", organization, lowest, bound));
                        floor =
                                later(
                                        floor,
                                        depth(
                                                handle,
                                                "released_request",
                                                organization,
                                                lowest,
                                                bound));
                    }
                    query(handle, organization, filter, floor, bound, " LIMIT " + limit)
                            .map((row, _) -> RequestRows.read(row))
                            .forEach(found::add);
                    return floor;
                });
    }

    /// Whether rows may have to be passed over.
    private static boolean narrowed(Filter filter) {
        return filter.key() != null
                || filter.project() != null
                || filter.model() != null
                || !filter.statuses().isEmpty()
                || filter.minCost() != null
                || filter.maxCost() != null;
    }

    /// The id that lies a stretch below `bound`, or `lowest` when it is not as far.
    private static RequestId depth(
            Handle handle,
            String table,
            OrganizationId organization,
            RequestId lowest,
            RequestId bound) {
        return handle.createQuery(
                        "SELECT request_id FROM "
                                + table
                                + """
                                 WHERE organization_id = :organization AND request_id >= :lowest
                                    AND request_id < :bound
                                    AND day BETWEEN :first_day AND :last_day
                                ORDER BY request_id DESC OFFSET :depth LIMIT 1
                                """)
                .bind("organization", organization.uuid())
                .bind("lowest", lowest.uuid())
                .bind("bound", bound.uuid())
                .bind("first_day", LogIds.day(lowest))
                .bind("last_day", LogIds.day(bound))
                .bind("depth", STRETCH)
                .map((row, _) -> new RequestId(row.getObject("request_id", UUID.class)))
                .findOne()
                .orElse(lowest);
    }

    private static Query query(
            Handle handle,
            OrganizationId organization,
            Filter filter,
            RequestId first,
            RequestId bound,
            String limit) {
        Query query =
                handle.createQuery(RequestRows.span(filter) + limit)
                        .bind("organization", organization.uuid())
                        .bind("first", first.uuid())
                        .bind("bound", bound.uuid())
                        .bind("first_day", LogIds.day(first))
                        .bind("last_day", LogIds.day(bound));
        RequestRows.bind(query, filter);
        return query;
    }

    private NavigableSet<LocalDate> archived() {
        return archive == null ? new TreeSet<>() : new TreeSet<>(archive.days());
    }

    /// The day of the newest id below `bound`.
    private static LocalDate lastDay(RequestId bound) {
        LocalDate day = LogIds.day(bound);
        return LogIds.compare(bound, LogIds.first(LogIds.start(day))) <= 0 ? day.minusDays(1) : day;
    }

    private static RequestId later(RequestId a, RequestId b) {
        return LogIds.compare(a, b) >= 0 ? a : b;
    }
}
