package mooring.bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mooring.accounts.Organization;
import mooring.accounts.Principal;
import mooring.accounts.store.PostgresApiKeys;
import mooring.accounts.store.PostgresOrganizations;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.store.PostgresPriceBook;
import mooring.ids.IdGenerator;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.store.PostgresWallets;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import mooring.rating.Rating;
import mooring.sql.Database;
import mooring.time.Clock;

/// Organizations with a key and some money, made by the server's own classes, and what their
/// requests write down.
final class Payers {

    static final Currency CURRENCY = Currency.USD;

    private static final int CONNECTIONS = 8;
    private static final ModelId MODEL = new ModelId("kauri");

    /// A token of output costs a millionth.
    private static final ModelPrice PRICE =
            new ModelPrice(
                    Rate.parse("0.50"),
                    Rate.parse("0.10"),
                    Rate.parse("0.60"),
                    Rate.parse("0.90"),
                    Rate.parse("1.00"));

    private static final Served SERVED =
            new Served("replica-1", 1, new Timeline(10, 30, 50, 900, 9_000, 90_000));

    final Database database;
    final Clock clock = Clock.system();
    final IdGenerator ids = new IdGenerator(clock);
    private final PriceVersion prices;

    record Payer(Organization organization, Principal principal) {
        Purse purse() {
            return new Purse.OfWallet(principal.wallet());
        }
    }

    Payers(Database database) {
        this.database = database;
        this.prices =
                new PostgresPriceBook(database.jdbi(), clock, ids)
                        .publish(CURRENCY, Map.of(MODEL, PRICE));
    }

    List<Payer> make(int count, String credit) throws InterruptedException, ExecutionException {
        PostgresOrganizations organizations =
                new PostgresOrganizations(database.jdbi(), clock, ids);
        PostgresApiKeys keys =
                new PostgresApiKeys(
                        database.jdbi(),
                        clock,
                        ids,
                        "a secret".getBytes(StandardCharsets.UTF_8),
                        _ -> {});
        PostgresWallets wallets = new PostgresWallets(database.jdbi(), clock, ids);
        Money money = Money.parse(credit, CURRENCY);
        List<Future<Payer>> futures = new ArrayList<>();
        List<Payer> payers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            for (int i = 0; i < count; i++) {
                String name = "organization " + i;
                futures.add(
                        threads.submit(
                                () -> {
                                    Organization one = organizations.create(name, CURRENCY);
                                    var hash = keys.create(one.id(), "key").secret().hash();
                                    Principal principal = keys.principal(hash).orElseThrow();
                                    wallets.credit(one.id(), money, LotKind.PAID, "test", null);
                                    return new Payer(one, principal);
                                }));
            }
            for (Future<Payer> future : futures) {
                payers.add(future.get());
            }
        }
        return payers;
    }

    Acceptance accepted(Payer payer, Hold hold, NodeEpoch node) {
        return new Acceptance(
                hold.request(),
                payer.organization().id(),
                payer.principal().project(),
                payer.principal().key(),
                MODEL,
                ServiceTier.STANDARD,
                hold,
                prices.id(),
                null,
                clock.now(),
                true,
                node);
    }

    UsageRecord finished(Acceptance accepted, Usage usage) {
        Instant now = clock.now();
        return new UsageRecord(
                accepted,
                accepted.hold(),
                now,
                Ending.STOP,
                false,
                usage,
                UsageRecord.NO_CALLS,
                price(usage),
                SERVED);
    }

    static Money price(Usage usage) {
        return Rating.total(usage, UsageRecord.NO_CALLS, ServiceTier.STANDARD, PRICE, CURRENCY);
    }
}
