package mooring.ledger.store;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.ids.RequestId;
import mooring.ledger.Balance;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.Wallets;
import mooring.metering.Settlement;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.ProblemException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the books say before and after, for every way that money moves.
///
/// Each table is a story: wallets as they stand, what happens, wallets and accounts afterwards. A
/// wallet's columns are posted, held and given; an account's are the sums of its debits and
/// credits. Amounts are in millionths, so that one is one token of output.
class LedgerSpecificationTest {

    private static final AtomicInteger COUNT = new AtomicInteger();
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
                | wallet        | posted | held | given |
                | kea           |      0 |    0 |     0 |

                | what          | who    | amount | result  |
                | top-up        | kea    |    100 | booked  |

                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |     0 |    100 |
                """);
    }

    @Test
    void aRequestPaysItsExactChargeAndTheRestOfItsHoldComesBack() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     40 | granted 40       |
                | settle r1     | kea    |     25 | paid 25, short 0 |

                | wallet        | posted | held | given |
                | kea           |     75 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |    25 |    100 |
                | usage_revenue         |     0 |     25 |
                """);
    }

    @Test
    void moneyHeldForOneRequestIsNoMoneyForAnother() { // B23
        check(
                """
                | wallet        | posted | held | given |
                | kea           |     50 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     10 | granted 10       |
                | hold r2       | kea    |     10 | granted 10       |
                | hold r3       | kea    |     10 | granted 10       |
                | hold r4       | kea    |     10 | granted 10       |
                | hold r5       | kea    |     10 | granted 10       |
                | hold r6       | kea    |     10 | refused, 0 left  |
                | settle r1     | kea    |     10 | paid 10, short 0 |
                | hold r7       | kea    |      1 | refused, 0 left  |

                | wallet        | posted | held | given |
                | kea           |     40 |   40 |     0 |

                | account               | debit | credit |
                | cash_clearing         |    50 |      0 |
                | customer_wallet kea   |    10 |     50 |
                | usage_revenue         |     0 |     10 |
                """);
    }

    @Test
    void aHoldEndsOnceWhateverIsTriedAfterwards() { // B24
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     40 | granted 40       |
                | release r1    | kea    |        | done             |
                | release r1    | kea    |        | done             |
                | hold r2       | kea    |     40 | granted 40       |
                | settle r2     | kea    |     30 | paid 30, short 0 |
                | release r2    | kea    |        | done             |
                | extend r2     | kea    |     10 | not held         |
                | hold r3       | kea    |     90 | refused, 70 left |

                | wallet        | posted | held | given |
                | kea           |     70 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |    30 |    100 |
                | usage_revenue         |     0 |     30 |
                """);
    }

    @Test
    void aRecordThatComesTwiceIsBookedOnce() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     40 | granted 40       |
                | settle r1     | kea    |     25 | paid 25, short 0 |
                | repeat r1     | kea    |        | paid 25, short 0 |
                | settle r1     | kea    |     26 | conflict         |

                | wallet        | posted | held | given |
                | kea           |     75 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |    25 |    100 |
                | usage_revenue         |     0 |     25 |
                """);
    }

    @Test
    void aLateRecordStillSettlesAfterItsHoldWasGivenBack() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     40 | granted 40       |
                | release r1    | kea    |        | done             |
                | settle r1     | kea    |     25 | paid 25, short 0 |

                | wallet        | posted | held | given |
                | kea           |     75 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |    25 |    100 |
                | usage_revenue         |     0 |     25 |
                """);
    }

    @Test
    void aChargeAboveItsHoldTakesWhatIsFreeAndNeverAnotherRequestsHold() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result             |
                | hold r1       | kea    |     40 | granted 40         |
                | hold r2       | kea    |     50 | granted 50         |
                | settle r1     | kea    |     65 | paid 50, short 15  |
                | settle r2     | kea    |     50 | paid 50, short 0   |

                | wallet        | posted | held | given |
                | kea           |      0 |    0 |     0 |

                | account               | debit | credit |
                | absorbed_usage        |    15 |      0 |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |   100 |    100 |
                | usage_revenue         |     0 |    115 |
                """);
    }

    @Test
    void anExtendedHoldIsOneHold() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     40 | granted 40       |
                | extend r1     | kea    |     35 | granted 75       |
                | extend r1     | kea    |     26 | refused, 25 left |
                | settle r1     | kea    |     70 | paid 70, short 0 |

                | wallet        | posted | held | given |
                | kea           |     30 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |    70 |    100 |
                | usage_revenue         |     0 |     70 |
                """);
    }

    @Test
    void givenMoneyIsSpentFirstAndLessensRevenueOnceSpent() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result           |
                | gift          | kea    |     30 | booked           |
                | settle r1     | kea    |     20 | paid 20, short 0 |
                | settle r2     | kea    |     25 | paid 25, short 0 |

                | wallet        | posted | held | given |
                | kea           |     85 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |    45 |    130 |
                | promotion_outstanding |    30 |     30 |
                | promotion_spent       |    30 |      0 |
                | usage_revenue         |     0 |     45 |
                """);
    }

    @Test
    void aRequestOfNoTokensEndsItsHoldAndMovesNothing() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | what          | who    | amount | result          |
                | hold r1       | kea    |     40 | granted 40      |
                | settle r1     | kea    |      0 | paid 0, short 0 |

                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |

                | account               | debit | credit |
                | cash_clearing         |   100 |      0 |
                | customer_wallet kea   |     0 |    100 |
                """);
    }

    @Test
    void twoCustomersShareNothingButTheHouse() {
        check(
                """
                | wallet        | posted | held | given |
                | kea           |    100 |    0 |     0 |
                | tui           |      5 |    0 |     0 |

                | what          | who    | amount | result           |
                | hold r1       | kea    |     40 | granted 40       |
                | hold r2       | tui    |     40 | refused, 5 left  |
                | settle r1     | kea    |     40 | paid 40, short 0 |
                | settle r3     | tui    |      9 | paid 5, short 4  |

                | wallet        | posted | held | given |
                | kea           |     60 |    0 |     0 |
                | tui           |      0 |    0 |     0 |

                | account               | debit | credit |
                | absorbed_usage        |     4 |      0 |
                | cash_clearing         |   105 |      0 |
                | customer_wallet kea   |    40 |    100 |
                | customer_wallet tui   |     5 |      5 |
                | usage_revenue         |     0 |     49 |
                """);
    }

    /// Runs one story and compares every balance; the whole ledger must verify at its end.
    private static void check(String story) {
        List<List<List<String>>> tables = tables(story);
        Story run = new Story();
        rows(tables.get(0)).forEach(run::open);
        List<List<String>> happened = new ArrayList<>();
        for (List<String> row : rows(tables.get(1))) {
            happened.add(List.of(row.get(0), row.get(1), row.get(2), run.perform(row)));
        }
        assertThat(happened).as("what happened").isEqualTo(rows(tables.get(1)));
        assertThat(run.wallets()).as("wallets afterwards").isEqualTo(rows(tables.get(2)));
        assertThat(run.accounts()).as("accounts afterwards").isEqualTo(rows(tables.get(3)));
        assertThat(world.findings()).isEmpty();
    }

    /// One story in a currency of its own, so that it has the house's accounts to itself.
    private static final class Story {

        private final Map<String, Customer> customers = new TreeMap<>();
        private final Map<String, RequestId> requests = new HashMap<>();
        private final Map<RequestId, Hold> holds = new HashMap<>();
        private final Map<RequestId, UsageRecord> records = new HashMap<>();

        Story() {
            int number = COUNT.getAndIncrement();
            world.useCurrency(
                    new Currency("X" + (char) ('A' + number / 26) + (char) ('A' + number % 26)));
        }

        void open(List<String> row) {
            Customer customer = world.customer(row.get(0));
            customers.put(row.get(0), customer);
            if (!row.get(1).equals("0")) {
                world.credit(customer, millionths(row.get(1)).text(), Wallets.Source.PAID);
            }
        }

        String perform(List<String> row) {
            String[] words = row.get(0).split(" ");
            Customer customer = requireNonNull(customers.get(row.get(1)));
            String amount = row.get(2);
            if (words.length == 1) {
                return credit(words[0], customer, amount);
            }
            RequestId request = requests.computeIfAbsent(words[1], _ -> world.ids.nextRequest());
            Hold hold =
                    holds.getOrDefault(
                            request,
                            new Hold(request, customer.principal().wallet(), millionths("0")));
            return switch (words[0]) {
                case "hold" -> told(world.place(request, customer, millionths(amount)));
                case "extend" ->
                        told(LedgerWorld.answer(world.holds.extend(hold, millionths(amount))));
                case "release" -> {
                    world.released(hold);
                    yield "done";
                }
                case "settle" -> {
                    UsageRecord record = world.record(customer, hold, Long.parseLong(amount));
                    records.putIfAbsent(request, record);
                    yield settle(record);
                }
                case "repeat" -> settle(requireNonNull(records.get(request)));
                default -> throw new IllegalArgumentException(row.get(0));
            };
        }

        private String credit(String word, Customer customer, String amount) {
            world.credit(
                    customer,
                    millionths(amount).text(),
                    switch (word) {
                        case "top-up" -> Wallets.Source.PAID;
                        case "gift" -> Wallets.Source.PROMOTIONAL;
                        default -> throw new IllegalArgumentException(word);
                    });
            return "booked";
        }

        private String told(HoldDecision decision) {
            return switch (decision) {
                case HoldDecision.Granted granted -> {
                    holds.put(granted.hold().request(), granted.hold());
                    yield "granted " + count(granted.hold().amount());
                }
                case HoldDecision.Refused refused ->
                        "refused, " + count(refused.available()) + " left";
                case HoldDecision.Unavailable _ -> "not held";
                case HoldDecision.Waiting _ -> "waiting";
            };
        }

        private static String settle(UsageRecord record) {
            try {
                Settlement settlement = world.settle(record);
                return "paid "
                        + count(settlement.payable())
                        + ", short "
                        + count(settlement.shortfall());
            } catch (ProblemException _) {
                return "conflict";
            }
        }

        List<List<String>> wallets() {
            List<List<String>> rows = new ArrayList<>();
            customers.forEach(
                    (name, customer) -> {
                        Balance balance = world.balance(customer);
                        rows.add(
                                List.of(
                                        name,
                                        count(balance.posted()),
                                        count(balance.held()),
                                        count(balance.promotional())));
                    });
            return rows;
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
                for (String cell : line.substring(1, line.length() - 1).split("\\|")) {
                    cells.add(cell.strip());
                }
                table.add(cells);
            }
            tables.add(table);
        }
        return tables;
    }
}
