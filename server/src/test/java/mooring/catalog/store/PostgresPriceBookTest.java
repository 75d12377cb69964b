package mooring.catalog.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.ids.IdGenerator;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.ledger.Together;
import mooring.money.Currency;
import mooring.money.Rate;
import mooring.testing.TestDatabase;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

/// Prices are published, numbered, found again, and never change.
class PostgresPriceBookTest {

    private static final ModelPrice PRICE =
            new ModelPrice(
                    Rate.parse("0.15"),
                    Rate.parse("0.00016"),
                    Rate.FREE,
                    Rate.parse("0.9"),
                    Rate.parse("2.5"));

    @Test
    void aVersionIsInForceOnceItIsPublishedAndFoundForEver() {
        try (TestDatabase database = TestDatabase.create()) {
            PostgresPriceBook book = book(database);
            assertThat(book.current()).isEmpty();
            PriceVersion first = book.publish(Currency.USD, Map.of(new ModelId("kauri"), PRICE));
            assertThat(first.number()).isEqualTo(1);
            assertThat(first.price(new ModelId("kauri"))).isEqualTo(PRICE);
            assertThat(book.current()).contains(first);
            PriceVersion second = book.publish(Currency.USD, Map.of(new ModelId("rimu"), PRICE));
            assertThat(second.number()).isEqualTo(2);
            assertThat(book.current()).contains(second);
            assertThat(book.find(first.id())).contains(first);
            assertThat(book.find(new PriceVersionId(new IdGenerator(Clock.system()).next())))
                    .isEmpty();
        }
    }

    @Test
    void twoThatPublishAtOnceGetTwoNumbers() {
        try (TestDatabase database = TestDatabase.create()) {
            PostgresPriceBook book = book(database);
            List<Integer> numbers =
                    Together.run(
                            6,
                            _ ->
                                    () ->
                                            book.publish(
                                                            Currency.USD,
                                                            Map.of(new ModelId("kauri"), PRICE))
                                                    .number());
            assertThat(numbers).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void aPublishedVersionTakesNoFurtherPriceAndAnIncompleteOneIsNotPublished() {
        try (TestDatabase database = TestDatabase.create()) {
            var jdbi = database.database().jdbi();
            book(database).publish(Currency.USD, Map.of(new ModelId("kauri"), PRICE));
            assertThatThrownBy(
                            () ->
                                    jdbi.useHandle(
                                            handle ->
                                                    handle.execute(
                                                            """
                                                            INSERT INTO price_item
                                                            SELECT id, 'rimu', 'input', 1
                                                            FROM price_version
                                                            """)))
                    .hasMessageContaining("is published");
            assertThatThrownBy(
                            () ->
                                    jdbi.useTransaction(
                                            handle -> {
                                                handle.execute(
                                                        """
                                                        INSERT INTO price_version
                                                        SELECT gen_random_uuid(), 2, 'USD', now()
                                                        """);
                                                handle.execute(
                                                        """
                                                        INSERT INTO price_item
                                                        SELECT id, 'rimu', 'input', 1
                                                        FROM price_version WHERE number = 2
                                                        """);
                                                handle.execute(
                                                        """
                                                        UPDATE price_version
                                                        SET published_at = now() WHERE number = 2
                                                        """);
                                            }))
                    .hasMessageContaining("(rimu, cache_read, standard, band from 0): no price");
        }
    }

    private static PostgresPriceBook book(TestDatabase database) {
        return new PostgresPriceBook(
                database.database().jdbi(), Clock.system(), new IdGenerator(Clock.system()));
    }
}
