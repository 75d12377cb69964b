package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mooring.ids.RequestId;
import mooring.ledger.Balance;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.Wallets;
import mooring.metering.Settlement;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The ledger against twenty lines of arithmetic: the same operations in the same order must give
/// the same answers and balances.
class LedgerOracleTest {

    private static final int OPERATIONS = 250;
    private static final int CUSTOMERS = 3;

    /// What a wallet must be, in nano units.
    private static final class Expected {
        long posted;
        long given;
        final Map<RequestId, Long> holds = new HashMap<>();

        long held() {
            return holds.values().stream().mapToLong(Long::longValue).sum();
        }

        boolean hold(RequestId request, long amount) {
            if (posted - held() < amount) {
                return false;
            }
            holds.merge(request, amount, Long::sum);
            return true;
        }

        long settle(RequestId request, long charge) {
            holds.remove(request);
            long paid = Math.min(charge, posted - held());
            posted -= paid;
            given -= Math.min(given, paid);
            return paid;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anyOrderOfOperationsGivesWhatPlainArithmeticGives(long seed) {
        Random random = new Random(seed);
        try (LedgerWorld world = new LedgerWorld()) {
            List<Customer> customers = new ArrayList<>();
            List<Expected> expected = new ArrayList<>();
            for (int i = 0; i < CUSTOMERS; i++) {
                customers.add(world.customer("customer " + i));
                expected.add(new Expected());
            }
            List<Hold> open = new ArrayList<>();
            List<UsageRecord> settled = new ArrayList<>();
            for (int i = 0; i < OPERATIONS; i++) {
                int who = random.nextInt(CUSTOMERS);
                step(world, random, customers.get(who), expected.get(who), open, settled);
                Balance balance = world.balance(customers.get(who));
                assertThat(balance.posted().nanos()).isEqualTo(expected.get(who).posted);
                assertThat(balance.held().nanos()).isEqualTo(expected.get(who).held());
                assertThat(balance.promotional().nanos()).isEqualTo(expected.get(who).given);
            }
            assertThat(world.findings()).isEmpty();
            assertThat(world.count("settlement")).isEqualTo(settled.size());
        }
    }

    private static void step(
            LedgerWorld world,
            Random random,
            Customer customer,
            Expected expected,
            List<Hold> open,
            List<UsageRecord> settled) {
        List<Hold> own =
                open.stream()
                        .filter(hold -> hold.wallet().equals(customer.principal().wallet()))
                        .toList();
        long amount = random.nextLong(1, 50_000_001);
        int operation = random.nextInt(100);
        if (operation < 15) {
            boolean gift = random.nextBoolean();
            String text = new Money(amount * 3, world.currency()).text();
            world.credit(customer, text, gift ? Wallets.Source.PROMOTIONAL : Wallets.Source.PAID);
            expected.posted += amount * 3;
            expected.given += gift ? amount * 3 : 0;
        } else if (operation < 45 || own.isEmpty()) {
            RequestId request = world.ids.nextRequest();
            HoldDecision decision =
                    world.place(request, customer, new Money(amount, world.currency()));
            assertThat(decision instanceof HoldDecision.Granted)
                    .isEqualTo(expected.hold(request, amount));
            if (decision instanceof HoldDecision.Granted(Hold hold)) {
                open.add(hold);
            }
        } else {
            Hold hold = own.get(random.nextInt(own.size()));
            if (operation < 55) {
                HoldDecision decision =
                        LedgerWorld.answer(
                                world.holds.extend(hold, new Money(amount, world.currency())));
                assertThat(decision instanceof HoldDecision.Granted)
                        .isEqualTo(expected.hold(hold.request(), amount));
            } else if (operation < 65) {
                world.released(hold);
                expected.holds.remove(hold.request());
                open.remove(hold);
            } else {
                UsageRecord record = world.record(customer, hold, random.nextInt(60_000));
                Settlement settlement = world.settle(record);
                long paid = expected.settle(hold.request(), record.charge().nanos());
                assertThat(settlement.payable().nanos()).isEqualTo(paid);
                assertThat(settlement.shortfall().nanos())
                        .isEqualTo(record.charge().nanos() - paid);
                open.remove(hold);
                settled.add(record);
                if (random.nextInt(3) == 0) {
                    world.settle(settled.get(random.nextInt(settled.size())));
                }
            }
        }
    }
}
