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
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.SettledRequest;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.BinaryRows;
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

    private static final String INSERTED =
            """
            day, request_id, organization_id, project_id, api_key_id, wallet_id, model, tier,
            client_request_id, admitted_at, finished_at, streamed, ending, estimated, prompt,
            input_uncached, cache_read, cache_write_5m, cache_write_1h, output, reasoning, calls,
            price_version_id, currency, charge, payable, shortfall, held, booking, node_id, epoch,
            replica, attempts, timeline
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

    /// Inserts them all; a request that is settled already refuses the whole.
    static void insert(Handle handle, List<Booked> settled, UUID booking) {
        BinaryRows rows = new BinaryRows("settlement", INSERTED, settled.size());
        for (Booked booked : settled) {
            UsageRecord record = booked.record();
            Acceptance accepted = record.accepted();
            Usage usage = record.usage();
            Timeline timeline = record.served().timeline();
            rows.row()
                    .date(RowText.day(record.id()))
                    .uuid(record.id().uuid())
                    .uuid(accepted.organization().uuid())
                    .uuid(accepted.project().uuid())
                    .uuid(accepted.key().uuid())
                    .uuid(record.hold().wallet().uuid())
                    .text(accepted.model().text())
                    .text(RowText.tier(accepted.tier()))
                    .text(accepted.clientRequestId())
                    .timestamptz(accepted.admittedAt())
                    .timestamptz(record.finishedAt())
                    .bool(accepted.streamed())
                    .text(record.ending().name())
                    .bool(record.estimated())
                    .int8(usage.prompt())
                    .int8(usage.inputUncached())
                    .int8(usage.cacheRead())
                    .int8(usage.cacheWrite5m())
                    .int8(usage.cacheWrite1h())
                    .int8(usage.output())
                    .int8(usage.reasoning())
                    .jsonb(RowText.calls(record.calls()))
                    .uuid(accepted.priceVersion().uuid())
                    .text(record.charge().currency().code())
                    .int8(record.charge().nanos())
                    .int8(booked.paid().payable().nanos())
                    .int8(booked.paid().shortfall().nanos())
                    .int8(booked.held().nanos())
                    .uuid(booking)
                    .text(accepted.node().node())
                    .int8(accepted.node().epoch())
                    .text(record.served().replica())
                    .int2(record.served().attempts())
                    .int8s(
                            timeline.authenticated(),
                            timeline.admitted(),
                            timeline.dispatched(),
                            timeline.connected(),
                            timeline.firstToken(),
                            timeline.lastToken());
        }
        rows.copy(handle);
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

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
