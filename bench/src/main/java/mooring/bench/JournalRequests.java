package mooring.bench;

import java.time.Instant;
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
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.money.Money;

/// What requests write into a journal, of customers that no database has.
final class JournalRequests {

    static final NodeEpoch NODE = new NodeEpoch("node-a", 1);
    static final Usage USAGE = new Usage(800, 300, 0, 0, 200, 0);

    private static final int CUSTOMERS = 1_000;
    private static final ModelId MODEL = new ModelId("kauri");
    private static final PriceVersionId PRICES = new PriceVersionId(new UUID(0x7000, 6));
    private static final Money HOLD = new Money(3_000_000, Payers.CURRENCY);
    private static final Money CHARGE = Payers.price(USAGE);
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00Z");
    private static final Served SERVED =
            new Served("replica-1", 1, new Timeline(10, 30, 50, 900, 9_000, 90_000));

    private JournalRequests() {}

    static Acceptance accepted(int number) {
        long customer = number % CUSTOMERS;
        RequestId id = new RequestId(new UUID(((long) number << 16) | 0x7000, Long.MIN_VALUE));
        return new Acceptance(
                id,
                new OrganizationId(new UUID(0x7000, customer)),
                new ProjectId(new UUID(0x7001, customer)),
                new KeyId(new UUID(0x7002, customer)),
                MODEL,
                ServiceTier.STANDARD,
                new Hold(id, new WalletId(new UUID(0x7003, customer)), HOLD),
                PRICES,
                null,
                AT.plusMillis(number),
                true,
                NODE);
    }

    static UsageRecord finished(Acceptance accepted) {
        return new UsageRecord(
                accepted,
                accepted.hold(),
                accepted.admittedAt().plusSeconds(1),
                Ending.STOP,
                false,
                USAGE,
                UsageRecord.NO_CALLS,
                CHARGE,
                SERVED);
    }
}
