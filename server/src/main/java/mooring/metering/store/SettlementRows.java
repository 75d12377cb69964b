package mooring.metering.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.PriceVersionId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import mooring.ledger.store.WalletBooks;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Served;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.SettledRequest;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The settlement table: batches in, rows out.
final class SettlementRows {

    /// A record and what its wallet paid for it.
    ///
    /// @param held what was set aside for it
    record Booked(UsageRecord record, WalletBooks.Paid paid, Money held) {}

    static final String COLUMNS =
            """
            request_id, organization_id, api_key_id, wallet_id, model, client_request_id,
            admitted_at, finished_at, streamed, ending, estimated, input_uncached, cache_read,
            cache_write_5m, cache_write_1h, output, reasoning, price_version_id, currency, charge,
            payable, shortfall, held, project_id, tier, calls, node_id, epoch, replica,
            attempts, timeline
            """;

    private SettlementRows() {}

    /// What is settled already of these requests.
    static Map<RequestId, SettledRequest> find(Handle handle, Collection<RequestId> requests) {
        Map<RequestId, SettledRequest> found = new HashMap<>();
        handle.createQuery(
                        "SELECT "
                                + COLUMNS
                                + """
                                FROM settlement JOIN unnest(:requests) AS wanted (id)
                                    ON day = uuid7_day(wanted.id) AND request_id = wanted.id
                                """)
                .bind("requests", SqlArrays.column("uuid", requests, RequestId::uuid))
                .map((row, _) -> read(row))
                .forEach(settled -> found.put(settled.record().id(), settled));
        return found;
    }

    /// Inserts what is not there yet; returns how many rows that were.
    static int insert(Handle handle, List<Booked> rows, UUID booking) {
        return handle.createUpdate(
                        """
                        INSERT INTO settlement (day, request_id, organization_id, api_key_id,
                            wallet_id, model, client_request_id, admitted_at, finished_at, streamed,
                            ending, estimated, prompt, input_uncached, cache_read, cache_write_5m,
                            cache_write_1h, output, reasoning, price_version_id, currency, charge,
                            payable, shortfall, held, booking, node_id, project_id, tier, calls,
                            epoch, replica, attempts, timeline)
                        SELECT s.day, s.request_id, s.organization_id,
                            s.api_key_id, s.wallet_id, s.model, s.client_request_id, s.admitted_at,
                            s.finished_at, s.streamed, s.ending, s.estimated, s.prompt,
                            s.input_uncached, s.cache_read, s.cache_write_5m, s.cache_write_1h,
                            s.output, s.reasoning, s.price_version_id, s.currency, s.charge,
                            s.payable, s.shortfall, s.held, :booking, s.node_id, s.project_id,
                            s.tier, CAST(s.calls AS jsonb), s.epoch, s.replica, s.attempts,
                            (:timelines)[6 * s.n - 5 : 6 * s.n]
                        FROM unnest(:day, :request_id, :organization_id, :api_key_id, :wallet_id, :model,
                                :client_request_id, :admitted_at, :finished_at, :streamed, :ending,
                                :estimated, :prompt, :input_uncached, :cache_read, :cache_write_5m,
                                :cache_write_1h, :output, :reasoning, :price_version_id, :currency,
                                :charge, :payable, :shortfall, :held, :node_id, :project_id,
                                :tier, :calls, :epoch, :replica, :attempts) WITH ORDINALITY
                            AS s (day, request_id, organization_id, api_key_id, wallet_id, model,
                                client_request_id, admitted_at, finished_at, streamed, ending,
                                estimated, prompt, input_uncached, cache_read, cache_write_5m,
                                cache_write_1h, output, reasoning, price_version_id, currency,
                                charge, payable, shortfall, held, node_id, project_id, tier,
                                calls, epoch, replica, attempts, n)
                        ON CONFLICT DO NOTHING
                        """)
                .bind("request_id", SqlArrays.column("uuid", rows, b -> b.record().id().uuid()))
                .bind(
                        "organization_id",
                        SqlArrays.column(
                                "uuid", rows, b -> b.record().accepted().organization().uuid()))
                .bind(
                        "api_key_id",
                        SqlArrays.column("uuid", rows, b -> b.record().accepted().key().uuid()))
                .bind(
                        "wallet_id",
                        SqlArrays.column("uuid", rows, b -> b.record().hold().wallet().uuid()))
                .bind(
                        "model",
                        SqlArrays.column("text", rows, b -> b.record().accepted().model().text()))
                .bind(
                        "client_request_id",
                        SqlArrays.column(
                                "text", rows, b -> b.record().accepted().clientRequestId()))
                .bind(
                        "admitted_at",
                        SqlArrays.column("timestamptz", rows, SettlementRows::admitted))
                .bind(
                        "finished_at",
                        SqlArrays.column("timestamptz", rows, SettlementRows::finished))
                .bind(
                        "streamed",
                        SqlArrays.column("bool", rows, b -> b.record().accepted().streamed()))
                .bind("ending", SqlArrays.column("text", rows, b -> b.record().ending().name()))
                .bind("estimated", SqlArrays.column("bool", rows, b -> b.record().estimated()))
                .bind("prompt", SqlArrays.column("int8", rows, b -> usage(b).prompt()))
                .bind(
                        "input_uncached",
                        SqlArrays.column("int8", rows, b -> usage(b).inputUncached()))
                .bind("cache_read", SqlArrays.column("int8", rows, b -> usage(b).cacheRead()))
                .bind(
                        "cache_write_5m",
                        SqlArrays.column("int8", rows, b -> usage(b).cacheWrite5m()))
                .bind(
                        "cache_write_1h",
                        SqlArrays.column("int8", rows, b -> usage(b).cacheWrite1h()))
                .bind("output", SqlArrays.column("int8", rows, b -> usage(b).output()))
                .bind("reasoning", SqlArrays.column("int8", rows, b -> usage(b).reasoning()))
                .bind(
                        "price_version_id",
                        SqlArrays.column(
                                "uuid", rows, b -> b.record().accepted().priceVersion().uuid()))
                .bind(
                        "currency",
                        SqlArrays.column("text", rows, b -> b.record().charge().currency().code()))
                .bind("charge", SqlArrays.column("int8", rows, b -> b.record().charge().nanos()))
                .bind("payable", SqlArrays.column("int8", rows, b -> b.paid().payable().nanos()))
                .bind(
                        "shortfall",
                        SqlArrays.column("int8", rows, b -> b.paid().shortfall().nanos()))
                .bind("held", SqlArrays.column("int8", rows, b -> b.held().nanos()))
                .bind("node_id", SqlArrays.column("text", rows, b -> accepted(b).node().node()))
                .bind(
                        "project_id",
                        SqlArrays.column("uuid", rows, b -> accepted(b).project().uuid()))
                .bind("tier", SqlArrays.column("text", rows, b -> RowText.tier(accepted(b).tier())))
                .bind(
                        "calls",
                        SqlArrays.column("text", rows, b -> RowText.calls(b.record().calls())))
                .bind("epoch", SqlArrays.column("int8", rows, b -> accepted(b).node().epoch()))
                .bind("replica", SqlArrays.column("text", rows, b -> b.record().served().replica()))
                .bind(
                        "attempts",
                        SqlArrays.column("int2", rows, b -> b.record().served().attempts()))
                .bind("timelines", RowText.timelines(rows, b -> b.record().served()))
                .bind("day", SqlArrays.column("date", rows, b -> RowText.day(b.record().id())))
                .bind("booking", booking)
                .execute();
    }

    /// A row with [#COLUMNS].
    static SettledRequest read(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        RequestId id = new RequestId(row.getObject("request_id", UUID.class));
        Hold hold =
                new Hold(
                        id,
                        new WalletId(row.getObject("wallet_id", UUID.class)),
                        new Money(row.getLong("held"), currency));
        Acceptance accepted =
                new Acceptance(
                        id,
                        new OrganizationId(row.getObject("organization_id", UUID.class)),
                        new ProjectId(row.getObject("project_id", UUID.class)),
                        new KeyId(row.getObject("api_key_id", UUID.class)),
                        new ModelId(row.getString("model")),
                        RowText.tier(row.getString("tier")),
                        hold,
                        new PriceVersionId(row.getObject("price_version_id", UUID.class)),
                        row.getString("client_request_id"),
                        instant(row, "admitted_at"),
                        row.getBoolean("streamed"),
                        new NodeEpoch(row.getString("node_id"), row.getLong("epoch")));
        UsageRecord record =
                new UsageRecord(
                        accepted,
                        hold,
                        instant(row, "finished_at"),
                        Ending.valueOf(row.getString("ending")),
                        row.getBoolean("estimated"),
                        new Usage(
                                row.getLong("input_uncached"),
                                row.getLong("cache_read"),
                                row.getLong("cache_write_5m"),
                                row.getLong("cache_write_1h"),
                                row.getLong("output"),
                                row.getLong("reasoning")),
                        RowText.calls(row.getString("calls")),
                        new Money(row.getLong("charge"), currency),
                        new Served(
                                row.getString("replica"),
                                row.getInt("attempts"),
                                RowText.timeline(row.getArray("timeline"))));
        return new SettledRequest(
                record,
                new Money(row.getLong("payable"), currency),
                new Money(row.getLong("shortfall"), currency));
    }

    /// Whether two records tell the same, at the resolution that is stored. What was held and where
    /// it ran are left out: they move no money.
    static boolean sameContent(UsageRecord one, UsageRecord other) {
        return content(one).equals(content(other));
    }

    private record Content(
            RequestId id,
            OrganizationId organization,
            ProjectId project,
            KeyId key,
            WalletId wallet,
            ModelId model,
            ServiceTier tier,
            @Nullable String clientRequestId,
            Instant admittedAt,
            Instant finishedAt,
            boolean streamed,
            Ending ending,
            boolean estimated,
            Usage usage,
            SortedMap<String, Long> calls,
            PriceVersionId priceVersion,
            Money charge) {}

    private static Content content(UsageRecord record) {
        Acceptance accepted = record.accepted();
        return new Content(
                record.id(),
                accepted.organization(),
                accepted.project(),
                accepted.key(),
                record.hold().wallet(),
                accepted.model(),
                accepted.tier(),
                accepted.clientRequestId(),
                accepted.admittedAt().truncatedTo(ChronoUnit.MICROS),
                record.finishedAt().truncatedTo(ChronoUnit.MICROS),
                accepted.streamed(),
                record.ending(),
                record.estimated(),
                record.usage(),
                record.calls(),
                accepted.priceVersion(),
                record.charge());
    }

    private static Acceptance accepted(Booked booked) {
        return booked.record().accepted();
    }

    private static Instant admitted(Booked booked) {
        return booked.record().accepted().admittedAt();
    }

    private static Instant finished(Booked booked) {
        return booked.record().finishedAt();
    }

    private static Usage usage(Booked booked) {
        return booked.record().usage();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
