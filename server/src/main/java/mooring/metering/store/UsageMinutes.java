package mooring.metering.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import mooring.metering.UsageRecord;
import mooring.metering.store.SettlementRows.Booked;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The roll-up by minute, added to in the transaction that settles.
final class UsageMinutes {

    /// Nodes spread over this many rows for each key of the roll-up.
    private static final int SHARDS = 16;

    /// What one batch adds to one row of the roll-up.
    private static final class Minute {
        final Key key;
        long requests;
        long inputUncached;
        long cacheRead;
        long cacheWrite5m;
        long cacheWrite1h;
        long output;
        long reasoning;
        long charge;
        long payable;
        long shortfall;

        Minute(Key key) {
            this.key = key;
        }

        void add(Booked booked) {
            var usage = booked.record().usage();
            requests++;
            inputUncached += usage.inputUncached();
            cacheRead += usage.cacheRead();
            cacheWrite5m += usage.cacheWrite5m();
            cacheWrite1h += usage.cacheWrite1h();
            output += usage.output();
            reasoning += usage.reasoning();
            charge = Math.addExact(charge, booked.record().charge().nanos());
            payable = Math.addExact(payable, booked.paid().payable().nanos());
            shortfall = Math.addExact(shortfall, booked.paid().shortfall().nanos());
        }
    }

    private record Key(
            UUID organization,
            Instant minute,
            UUID project,
            UUID apiKey,
            String model,
            String tier,
            UUID priceVersion) {

        /// Rows are locked in this order by every writer.
        static final Comparator<Key> ORDER =
                Comparator.comparing(Key::organization)
                        .thenComparing(Key::minute)
                        .thenComparing(Key::project)
                        .thenComparing(Key::apiKey)
                        .thenComparing(Key::model)
                        .thenComparing(Key::tier)
                        .thenComparing(Key::priceVersion);

        static Key of(UsageRecord record) {
            return new Key(
                    record.accepted().organization().uuid(),
                    record.finishedAt().truncatedTo(ChronoUnit.MINUTES),
                    record.accepted().project().uuid(),
                    record.accepted().key().uuid(),
                    record.accepted().model().text(),
                    RowText.tier(record.accepted().tier()),
                    record.accepted().priceVersion().uuid());
        }
    }

    private UsageMinutes() {}

    static int shard(String node) {
        return Math.floorMod(node.hashCode(), SHARDS);
    }

    static void add(Handle handle, List<Booked> settled, int shard) {
        TreeMap<Key, Minute> minutes = new TreeMap<>(Key.ORDER);
        for (Booked booked : settled) {
            minutes.computeIfAbsent(Key.of(booked.record()), Minute::new).add(booked);
        }
        upsert(handle, new ArrayList<>(minutes.values()), shard);
    }

    private static void upsert(Handle handle, Collection<Minute> rows, int shard) {
        handle.createUpdate(
                        """
                        INSERT INTO usage_minute AS m (organization_id, minute, project_id, api_key_id,
                            model, tier, price_version_id, shard, requests, input_uncached, cache_read,
                            cache_write_5m, cache_write_1h, output, reasoning, charge, payable,
                            shortfall)
                        SELECT n.organization_id, n.minute, n.project_id, n.api_key_id,
                            n.model, n.tier, n.price_version_id, :shard, n.requests, n.input_uncached, n.cache_read,
                            n.cache_write_5m, n.cache_write_1h, n.output, n.reasoning, n.charge,
                            n.payable, n.shortfall
                        FROM unnest(:organization, :minute, :project, :api_key, :model, :tier,
                                :price_version,
                                :requests, :input_uncached, :cache_read, :cache_write_5m,
                                :cache_write_1h, :output, :reasoning, :charge, :payable, :shortfall)
                            AS n (organization_id, minute, project_id, api_key_id, model, tier,
                                price_version_id,
                                requests, input_uncached, cache_read, cache_write_5m,
                                cache_write_1h, output, reasoning, charge, payable, shortfall)
                        ON CONFLICT (organization_id, minute, project_id, api_key_id, model, tier,
                            price_version_id, shard) DO UPDATE SET
                            requests = m.requests + excluded.requests,
                            input_uncached = m.input_uncached + excluded.input_uncached,
                            cache_read = m.cache_read + excluded.cache_read,
                            cache_write_5m = m.cache_write_5m + excluded.cache_write_5m,
                            cache_write_1h = m.cache_write_1h + excluded.cache_write_1h,
                            output = m.output + excluded.output,
                            reasoning = m.reasoning + excluded.reasoning,
                            charge = m.charge + excluded.charge,
                            payable = m.payable + excluded.payable,
                            shortfall = m.shortfall + excluded.shortfall
                        """)
                .bind("shard", (short) shard)
                .bind("organization", SqlArrays.column("uuid", rows, m -> m.key.organization()))
                .bind("minute", SqlArrays.column("timestamptz", rows, m -> m.key.minute()))
                .bind("api_key", SqlArrays.column("uuid", rows, m -> m.key.apiKey()))
                .bind("project", SqlArrays.column("uuid", rows, m -> m.key.project()))
                .bind("tier", SqlArrays.column("text", rows, m -> m.key.tier()))
                .bind("model", SqlArrays.column("text", rows, m -> m.key.model()))
                .bind("price_version", SqlArrays.column("uuid", rows, m -> m.key.priceVersion()))
                .bind("requests", SqlArrays.column("int8", rows, m -> m.requests))
                .bind("input_uncached", SqlArrays.column("int8", rows, m -> m.inputUncached))
                .bind("cache_read", SqlArrays.column("int8", rows, m -> m.cacheRead))
                .bind("cache_write_5m", SqlArrays.column("int8", rows, m -> m.cacheWrite5m))
                .bind("cache_write_1h", SqlArrays.column("int8", rows, m -> m.cacheWrite1h))
                .bind("output", SqlArrays.column("int8", rows, m -> m.output))
                .bind("reasoning", SqlArrays.column("int8", rows, m -> m.reasoning))
                .bind("charge", SqlArrays.column("int8", rows, m -> m.charge))
                .bind("payable", SqlArrays.column("int8", rows, m -> m.payable))
                .bind("shortfall", SqlArrays.column("int8", rows, m -> m.shortfall))
                .execute();
    }
}
