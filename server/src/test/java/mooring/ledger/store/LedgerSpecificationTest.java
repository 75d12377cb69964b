package mooring.ledger.store;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.Hold;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the books say before and after, for every way that money moves.
///
/// Each table is a story: what happens, the wallets afterwards, the accounts afterwards. A wallet's
/// columns are posted, held (leased to nodes) and its lots that are not used up, in the order in
/// which they are drawn; an account's are the sums of its debits and credits. Amounts are in
/// millionths, so that one is one token of output; `65 of 40` is a charge of 65 for which 40 was
/// set aside. Days count from the start of the story.
class LedgerSpecificationTest {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Instant DAY_0 = Instant.parse("2030-01-01T00:00:00Z");
    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void aTopUpStandsInTheWalletAndInTheClearingAccount() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |

                | wallet | posted | held | lots                                  |
                | kea    |    100 |    0 | paid 100                              |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |     0 |    100                      |
                """);
    }

    @Test
    void aLeaseMovesNothingAndARequestIsPaidFromIt() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | settle r1 a      | kea | 25 of 40 | paid 25, short 0, leased 25 |

                | wallet | posted | held | lots                                  |
                | kea    |     75 |   35 | paid 75                               |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |    25 |    100                      |
                | usage_revenue           |     0 |     25                      |
                """);
    }

    @Test
    void noLeaseTakesWhatIsNotThere() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | lease b          | kea |       41 | refused                     |
                | lease b          | kea |       40 | granted                     |
                | lease a          | kea |        1 | refused                     |
                | give back a      | kea |          | 60                          |
                | lease b          | kea |       60 | granted                     |

                | wallet | posted | held | lots                                  |
                | kea    |    100 |  100 | paid 100                              |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |     0 |    100                      |
                """);
    }

    @Test
    void whatARequestCostsAboveItsHoldComesFromWhatIsAvailable() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | settle r1 a      | kea | 65 of 40 | paid 65, short 0, leased 40 |

                | wallet | posted | held | lots                                  |
                | kea    |     35 |   20 | paid 35                               |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |    65 |    100                      |
                | usage_revenue           |     0 |     65                      |
                """);
    }

    @Test
    void whatNobodyCanPayIsAbsorbedAndOtherLeasesAreLeftAlone() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       40 | granted                     |
                | lease b          | kea |       50 | granted                     |
                | settle r1 a      | kea | 65 of 40 | paid 50, short 15, leased 40 |
                | settle r2 b      | kea | 50 of 50 | paid 50, short 0, leased 50 |

                | wallet | posted | held | lots                                  |
                | kea    |      0 |    0 |                                       |

                | account                 | debit | credit                      |
                | absorbed_usage          |    15 |      0                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |   100 |    100                      |
                | usage_revenue           |     0 |    115                      |
                """);
    }

    @Test
    void aSecondBookingOfARequestChangesNothing() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | settle r1 a      | kea | 25 of 40 | paid 25, short 0, leased 25 |
                | repeat r1        | kea |          | repeated                    |
                | settle r1 a      | kea | 26 of 40 | conflict                    |

                | wallet | posted | held | lots                                  |
                | kea    |     75 |   35 | paid 75                               |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |    25 |    100                      |
                | usage_revenue           |     0 |     25                      |
                """);
    }

    @Test
    void aReleasedRequestAndOneOfNoTokensMoveNothing() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | release r1 a     | kea |       40 | released                    |
                | settle r2 a      | kea |  0 of 40 | paid 0, short 0, leased 0   |

                | wallet | posted | held | lots                                  |
                | kea    |    100 |   60 | paid 100                              |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |     0 |    100                      |
                """);
    }

    @Test
    void aLateRecordOfALostNodeIsPaidFromWhatIsAvailable() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | lost a           | kea |          | 60                          |
                | lease b          | kea |       90 | granted                     |
                | settle r1 a      | kea | 25 of 40 | paid 10, short 15, leased 0 |

                | wallet | posted | held | lots                                  |
                | kea    |     90 |   90 | paid 90                               |

                | account                 | debit | credit                      |
                | absorbed_usage          |    15 |      0                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |    10 |    100                      |
                | usage_revenue           |     0 |     25                      |
                """);
    }

    @Test
    void givenMoneyIsSpentFirstAndLessensRevenueOnceSpent() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | gift             | kea |       30 | booked                      |
                | settle r1 a      | kea | 20 of 0  | paid 20, short 0, leased 0  |
                | settle r2 a      | kea | 25 of 0  | paid 25, short 0, leased 0  |

                | wallet | posted | held | lots                                  |
                | kea    |     85 |    0 | paid 85                               |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |    45 |    130                      |
                | promotion_outstanding   |    30 |     30                      |
                | promotion_spent         |    30 |      0                      |
                | usage_revenue           |     0 |     45                      |
                """);
    }

    @Test
    void lotsAreDrawnByPriorityThenByExpiry() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |       10 | booked                      |
                | top-up to day 9  | kea |       20 | booked                      |
                | gift to day 8    | kea |       30 | booked                      |
                | gift to day 5    | kea |       40 | booked                      |
                | allowance to day 7 | kea |     50 | booked                      |
                | settle r1 a      | kea | 95 of 0  | paid 95, short 0, leased 0  |

                | wallet | posted | held | lots                                       |
                | kea    |     55 |    0 | promotional 25 to day 8, paid 20 to day 9, paid 10 |

                | account                 | debit | credit                      |
                | allowance_outstanding   |    50 |     50                      |
                | allowance_spent         |    50 |      0                      |
                | cash_clearing           |    30 |      0                      |
                | customer_wallet kea     |    95 |    150                      |
                | promotion_outstanding   |    70 |     45                      |
                | promotion_spent         |    45 |      0                      |
                | usage_revenue           |     0 |     95                      |
                """);
    }

    @Test
    void whatExpiresIsBookedByWhereItCameFrom() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up to day 3  | kea |       10 | booked                      |
                | top-up           | kea |        5 | booked                      |
                | gift to day 3    | kea |       30 | booked                      |
                | allowance to day 3 | kea |     50 | booked                      |
                | settle r1 a      | kea | 60 of 0  | paid 60, short 0, leased 0  |
                | day 2            | kea |          | nothing expired             |
                | day 3            | kea |          | expired: paid 10, promotional 20 |
                | day 4            | kea |          | nothing expired             |

                | wallet | posted | held | lots                                  |
                | kea    |      5 |    0 | paid 5                                |

                | account                 | debit | credit                      |
                | allowance_outstanding   |    50 |     50                      |
                | allowance_spent         |    50 |      0                      |
                | breakage_revenue        |     0 |     10                      |
                | cash_clearing           |    15 |      0                      |
                | customer_wallet kea     |    90 |     95                      |
                | promotion_outstanding   |    30 |     30                      |
                | promotion_spent         |    10 |      0                      |
                | usage_revenue           |     0 |     60                      |
                """);
    }

    @Test
    void expiryLeavesWhatIsLeasedUntilItComesBack() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up to day 3  | kea |      100 | booked                      |
                | lease a          | kea |       60 | granted                     |
                | day 3            | kea |          | expired: paid 40            |
                | settle r1 a      | kea | 25 of 25 | paid 25, short 0, leased 25 |
                | give back a      | kea |          | 35                          |
                | day 3            | kea |          | expired: paid 35            |

                | wallet | posted | held | lots                                  |
                | kea    |      0 |    0 |                                       |

                | account                 | debit | credit                      |
                | breakage_revenue        |     0 |     75                      |
                | cash_clearing           |   100 |      0                      |
                | customer_wallet kea     |   100 |    100                      |
                | usage_revenue           |     0 |     25                      |
                """);
    }

    @Test
    void aChargeBackBeyondTheMoneyIsOwedAndTheNextCreditPaysItFirst() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | settle r1 a      | kea | 70 of 0  | paid 70, short 0, leased 0  |
                | charge-back      | kea |      100 | owed 70                     |
                | lease a          | kea |        1 | refused                     |
                | settle r2 a      | kea | 5 of 0   | paid 0, short 5, leased 0   |
                | top-up           | kea |       50 | booked, 50 of it owed       |
                | lease a          | kea |        1 | refused                     |
                | gift             | kea |       30 | booked, 20 of it owed       |
                | lease a          | kea |       11 | refused                     |
                | lease a          | kea |       10 | granted                     |

                | wallet | posted | held | lots                                  |
                | kea    |     10 |   10 | promotional 10                        |

                | account                 | debit | credit                      |
                | absorbed_usage          |     5 |      0                      |
                | cash_clearing           |   150 |    100                      |
                | customer_wallet kea     |   240 |    250                      |
                | promotion_outstanding   |    30 |     20                      |
                | promotion_spent         |    20 |      0                      |
                | receivable              |    70 |     70                      |
                | usage_revenue           |     0 |     75                      |
                """);
    }

    @Test
    void aDebtorsRunningRequestsKeepTheirHoldsAndNothingIsFreedByThem() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | lease a          | kea |       40 | granted                     |
                | charge-back      | kea |      100 | owed 0                      |
                | settle r1 a      | kea | 25 of 30 | paid 25, short 0, leased 25 |
                | give back a      | kea |          | 15                          |
                | lease a          | kea |        1 | refused                     |

                | wallet | posted | held | lots                                  |
                | kea    |    -25 |    0 |                                       |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |    100                      |
                | customer_wallet kea     |   125 |    125                      |
                | receivable              |    25 |      0                      |
                | usage_revenue           |     0 |     25                      |
                """);
    }

    @Test
    void aChargeBackTakesPaidMoneyBeforeGiven() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | gift             | kea |       30 | booked                      |
                | settle r1 a      | kea | 40 of 0  | paid 40, short 0, leased 0  |
                | gift             | kea |       20 | booked                      |
                | charge-back      | kea |      100 | owed 0                      |

                | wallet | posted | held | lots                                  |
                | kea    |     10 |    0 | promotional 10                        |

                | account                 | debit | credit                      |
                | cash_clearing           |   100 |    100                      |
                | customer_wallet kea     |   140 |    150                      |
                | promotion_outstanding   |    50 |     40                      |
                | promotion_spent         |    40 |      0                      |
                | usage_revenue           |     0 |     40                      |
                """);
    }

    @Test
    void b25CreditsInAnyOrderComeToTheSame() {
        String afterwards =
                """

                | wallet | posted | held | lots                                  |
                | kea    |     25 |    0 | promotional 5, paid 20                |

                | account                 | debit | credit                      |
                | allowance_outstanding   |    15 |     15                      |
                | allowance_spent         |    15 |      0                      |
                | cash_clearing           |    20 |      0                      |
                | customer_wallet kea     |    20 |     45                      |
                | promotion_outstanding   |    10 |      5                      |
                | promotion_spent         |     5 |      0                      |
                | usage_revenue           |     0 |     20                      |
                """;
        check(
                """
                | what             | who | amount   | result                      |
                | gift             | kea |       10 | booked                      |
                | top-up           | kea |       20 | booked                      |
                | allowance        | kea |       15 | booked                      |
                | settle r1 a      | kea | 20 of 0  | paid 20, short 0, leased 0  |
                """
                        + afterwards);
        check(
                """
                | what             | who | amount   | result                      |
                | allowance        | kea |       15 | booked                      |
                | gift             | kea |       10 | booked                      |
                | settle r1 a      | kea | 20 of 0  | paid 20, short 0, leased 0  |
                | top-up           | kea |       20 | booked                      |
                """
                        + afterwards);
    }

    @Test
    void twoCustomersShareNothingButTheHouse() {
        check(
                """
                | what             | who | amount   | result                      |
                | top-up           | kea |      100 | booked                      |
                | top-up           | tui |        5 | booked                      |
                | lease a          | kea |       40 | granted                     |
                | lease a          | tui |       40 | refused                     |
                | settle r1 a      | kea | 40 of 40 | paid 40, short 0, leased 40 |
                | settle r2 a      | tui | 9 of 0   | paid 5, short 4, leased 0   |

                | wallet | posted | held | lots                                  |
                | kea    |     60 |    0 | paid 60                               |
                | tui    |      0 |    0 |                                       |

                | account                 | debit | credit                      |
                | absorbed_usage          |     4 |      0                      |
                | cash_clearing           |   105 |      0                      |
                | customer_wallet kea     |    40 |    100                      |
                | customer_wallet tui     |     5 |      5                      |
                | usage_revenue           |     0 |     49                      |
                """);
    }

    /// Runs one story and compares every balance; the whole ledger must verify at its end.
    private static void check(String story) {
        List<List<List<String>>> tables = tables(story);
        Story run = new Story();
        List<List<String>> happened = new ArrayList<>();
        for (List<String> row : rows(tables.get(0))) {
            happened.add(List.of(row.get(0), row.get(1), row.get(2), run.perform(row)));
        }
        assertThat(happened).as("what happened").isEqualTo(rows(tables.get(0)));
        assertThat(run.wallets()).as("wallets afterwards").isEqualTo(rows(tables.get(1)));
        assertThat(run.accounts()).as("accounts afterwards").isEqualTo(rows(tables.get(2)));
        assertThat(world.findings()).isEmpty();
    }

    /// One story in a currency of its own, so that it has the house's accounts to itself.
    private static final class Story {

        private final Map<String, Customer> customers = new TreeMap<>();
        private final Map<String, NodeEpoch> nodes = new HashMap<>();
        private final Map<String, UsageRecord> records = new HashMap<>();
        private final int number = COUNT.getAndIncrement();

        Story() {
            world.useCurrency(
                    new Currency("X" + (char) ('A' + number / 26) + (char) ('A' + number % 26)));
        }

        String perform(List<String> row) {
            List<String> words = List.of(row.get(0).replace("give back", "give-back").split(" "));
            Customer customer = customers.computeIfAbsent(row.get(1), world::customer);
            WalletId wallet = customer.principal().wallet();
            String amount = row.get(2);
            return switch (words.get(0)) {
                case "top-up" -> grant(LotKind.PAID, customer, amount, words);
                case "gift" -> grant(LotKind.PROMOTIONAL, customer, amount, words);
                case "allowance" -> grant(LotKind.ALLOWANCE, customer, amount, words);
                case "lease" ->
                        world.lease(node(words.get(1)), wallet, millionths(amount))
                                ? "granted"
                                : "refused";
                case "give-back", "lost" -> count(world.closeLease(node(words.get(1)), wallet));
                case "settle" -> settle(words, customer, amount);
                case "repeat" -> told(world.book(requireNonNull(records.get(words.get(1)))));
                case "release" -> release(words, customer, amount);
                case "charge-back" ->
                        "owed " + count(world.chargeBack(customer, millionths(amount)).debtGrown());
                case "day" -> expire(Integer.parseInt(words.get(1)));
                default -> throw new IllegalArgumentException(row.get(0));
            };
        }

        private static String grant(
                LotKind kind, Customer customer, String amount, List<String> words) {
            Instant expiresAt = words.size() > 1 ? day(Integer.parseInt(words.getLast())) : null;
            WalletBooks.Granted granted =
                    world.grant(
                            customer,
                            new LotGrant(kind, millionths(amount), expiresAt, TransferNote.NONE));
            return granted.debtPaid().positive()
                    ? "booked, " + count(granted.debtPaid()) + " of it owed"
                    : "booked";
        }

        private String settle(List<String> words, Customer customer, String amount) {
            UsageRecord record = record(words, customer, amount);
            records.putIfAbsent(words.get(1), record);
            return told(world.book(record));
        }

        private String release(List<String> words, Customer customer, String amount) {
            UsageRecord record = record(words, customer, "0 of " + amount);
            return told(
                    world.book(
                            new Release(
                                    record.accepted(), record.finishedAt(), null, Served.NOWHERE)));
        }

        private UsageRecord record(List<String> words, Customer customer, String amount) {
            String[] parts = amount.split(" of ");
            UsageRecord record =
                    world.record(
                            customer,
                            node(words.get(2)),
                            millionths(parts[1]).text(),
                            Long.parseLong(parts[0]));
            UsageRecord earlier = records.get(words.get(1));
            return earlier == null ? record : sameRequest(record, earlier.accepted());
        }

        /// The same request told otherwise.
        private static UsageRecord sameRequest(UsageRecord record, Acceptance accepted) {
            RequestId request = accepted.id();
            return new UsageRecord(
                    accepted,
                    new Hold(request, record.hold().wallet(), record.hold().amount()),
                    record.finishedAt(),
                    record.ending(),
                    record.estimated(),
                    record.usage(),
                    record.calls(),
                    record.charge(),
                    record.served());
        }

        private NodeEpoch node(String name) {
            return nodes.computeIfAbsent(name, _ -> world.begin("story-" + number + "-" + name));
        }

        private static String told(Booking booking) {
            return switch (booking) {
                case Booking.Settled(var settlement, Money drawn) ->
                        "paid "
                                + count(settlement.payable())
                                + ", short "
                                + count(settlement.shortfall())
                                + ", leased "
                                + count(drawn);
                case Booking.Repeated _ -> "repeated";
                case Booking.Conflict _ -> "conflict";
                case Booking.Quarantined(String reason) -> reason;
                case Booking.Released _ -> "released";
            };
        }

        private static String expire(int day) {
            Map<LotKind, Long> taken = new LotExpiry(world.jdbi, world.ids).run(day(day));
            return taken.isEmpty()
                    ? "nothing expired"
                    : "expired: "
                            + taken.entrySet().stream()
                                    .map(e -> e.getKey().text() + " " + count(money(e.getValue())))
                                    .collect(Collectors.joining(", "));
        }

        private static Instant day(int day) {
            return DAY_0.plus(Duration.ofDays(day));
        }

        List<List<String>> wallets() {
            List<List<String>> rows = new ArrayList<>();
            customers.forEach(
                    (name, customer) ->
                            rows.add(
                                    List.of(
                                            name,
                                            count(world.balance(customer).posted()),
                                            count(world.balance(customer).held()),
                                            lots(customer))));
            return rows;
        }

        private static String lots(Customer customer) {
            return world.jdbi.withHandle(
                    handle ->
                            handle.createQuery(
                                            """
                                            SELECT kind || ' ' || remaining / 1000
                                                || coalesce(' to day ' || extract(day FROM
                                                    expires_at - :start), '')
                                            FROM credit_lot WHERE wallet_id = :wallet AND open
                                            ORDER BY priority, expires_at, id
                                            """)
                                    .bind("wallet", customer.principal().wallet().uuid())
                                    .bind("start", DAY_0)
                                    .mapTo(String.class)
                                    .collect(Collectors.joining(", ")));
        }

        List<List<String>> accounts() {
            return world.jdbi.withHandle(
                    handle ->
                            handle.createQuery(
                                            """
                                            SELECT a.kind || coalesce(' ' || o.name, '') AS name,
                                                coalesce(sum(t.amount) FILTER
                                                    (WHERE t.debit_account = a.id), 0) AS debit,
                                                coalesce(sum(t.amount) FILTER
                                                    (WHERE t.credit_account = a.id), 0) AS credit
                                            FROM account a
                                            JOIN transfer t
                                                ON a.id IN (t.debit_account, t.credit_account)
                                            LEFT JOIN wallet w ON w.id = a.wallet_id
                                            LEFT JOIN organization o ON o.id = w.organization_id
                                            WHERE a.currency = :currency
                                            GROUP BY 1 ORDER BY 1
                                            """)
                                    .bind("currency", world.currency().code())
                                    .map(
                                            (row, _) ->
                                                    List.of(
                                                            row.getString("name"),
                                                            count(money(row.getLong("debit"))),
                                                            count(money(row.getLong("credit")))))
                                    .list());
        }

        private static Money money(long nanos) {
            return new Money(nanos, world.currency());
        }

        private static Money millionths(String count) {
            return money(Long.parseLong(count) * 1_000);
        }

        private static String count(Money money) {
            assertThat(money.nanos() % 1_000).isZero();
            return Long.toString(money.nanos() / 1_000);
        }
    }

    private static List<List<String>> rows(List<List<String>> table) {
        return table.subList(1, table.size());
    }

    private static List<List<List<String>>> tables(String story) {
        List<List<List<String>>> tables = new ArrayList<>();
        for (String block : story.split("\n\n")) {
            List<List<String>> table = new ArrayList<>();
            for (String line : block.strip().split("\n")) {
                List<String> cells = new ArrayList<>();
                for (String cell : line.substring(1, line.length() - 1).split("\\|", -1)) {
                    cells.add(cell.strip());
                }
                table.add(cells);
            }
            tables.add(table);
        }
        return tables;
    }
}
