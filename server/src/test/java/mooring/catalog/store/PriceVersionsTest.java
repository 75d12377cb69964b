package mooring.catalog.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mooring.accounts.store.PostgresOrganizations;
import mooring.catalog.AnswerProfile;
import mooring.catalog.Catalog;
import mooring.catalog.ClassRates;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.ParameterRules;
import mooring.catalog.PriceAssignment;
import mooring.catalog.PriceBand;
import mooring.catalog.PriceDraft;
import mooring.catalog.PriceSnapshot;
import mooring.catalog.PriceVersion;
import mooring.catalog.PricesRefusedException;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.ledger.Together;
import mooring.money.Currency;
import mooring.money.Rate;
import mooring.testing.TestDatabase;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Versions that take effect at an instant, lists of particular customers, and what the database
/// itself refuses.
class PriceVersionsTest {

    private static final ModelId KAURI = new ModelId("kauri");
    private static final Catalog NOTHING = new Catalog(List.of());

    private final TestDatabase database = TestDatabase.create();
    private final Jdbi jdbi = database.database().jdbi();
    private final Clock clock = Clock.system();
    private final IdGenerator ids = new IdGenerator(clock);
    private final PostgresPriceBook book = new PostgresPriceBook(jdbi, clock, ids);
    private final PostgresPriceLists lists = new PostgresPriceLists(jdbi, clock, ids);

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void b14ARequestHasThePricesOfItsInstantWhateverIsPublishedLater() {
        PriceVersion first = publish("default", 1, null);
        Instant tomorrow = clock.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.MICROS);
        PriceVersion later = publish("default", 2, tomorrow);
        assertThat(later.effectiveFrom()).isEqualTo(tomorrow);
        for (PriceSnapshot snapshot : List.of(book.snapshot(), book.snapshot())) {
            assertThat(snapshot.inForce("default", clock.now())).isEqualTo(first);
            assertThat(snapshot.inForce("default", tomorrow.minusNanos(1_000))).isEqualTo(first);
            assertThat(snapshot.inForce("default", tomorrow)).isEqualTo(later);
            assertThat(snapshot.next("default", clock.now())).containsExactly(later);
        }
        assertThat(book.current()).contains(first);
        assertThat(book.inForce("default", tomorrow)).contains(later);
        assertThat(book.inForce("default", first.effectiveFrom().minusNanos(1_000))).isEmpty();
    }

    @Test
    void pricesNeverTakeEffectInThePastExceptWhereNothingWasPublishedYet() {
        Instant longAgo = Instant.parse("2026-01-01T00:00:00Z");
        PriceVersion first = publish("default", 1, longAgo);
        assertThat(first.effectiveFrom()).isEqualTo(longAgo);
        assertThat(book.current()).contains(first);
        assertThatThrownBy(() -> publish("default", 2, clock.now().minusSeconds(60)))
                .isInstanceOf(PricesRefusedException.class)
                .hasMessageContaining("expected: an instant from now on");
        assertThat(publish("acme", 2, longAgo).number()).isEqualTo(2);
    }

    @Test
    void theDatabaseItselfRefusesPricesOfThePast() {
        publish("default", 1, null);
        assertThatThrownBy(
                        () ->
                                jdbi.useTransaction(
                                        handle -> {
                                            handle.execute(
                                                    """
                                                    INSERT INTO price_version (id, number, currency,
                                                        effective_from)
                                                    VALUES (gen_random_uuid(), 9, 'USD',
                                                        now() - interval '1 hour')
                                                    """);
                                            handle.execute(
                                                    """
                                                    INSERT INTO price_item (price_version_id, model,
                                                        token_class, nanos_per_million)
                                                    SELECT v.id, 'kauri', c, 1 FROM price_version v,
                                                        unnest(ARRAY['input', 'cache_read', 'output',
                                                        'cache_write_5m', 'cache_write_1h']) c
                                                    WHERE number = 9
                                                    """);
                                            handle.execute(
                                                    """
                                                    UPDATE price_version SET published_at = now()
                                                    WHERE number = 9
                                                    """);
                                        }))
                .hasMessageContaining("not before its");
    }

    @Test
    void tiersBandsAndCallsComeBackAsTheyWerePublished() {
        ModelPrice price =
                new ModelPrice(
                        List.of(
                                new PriceBand(
                                        0,
                                        Map.of(
                                                ServiceTier.STANDARD,
                                                rates(10),
                                                ServiceTier.PRIORITY,
                                                rates(20))),
                                new PriceBand(
                                        128_000,
                                        Map.of(
                                                ServiceTier.STANDARD,
                                                rates(30),
                                                ServiceTier.PRIORITY,
                                                rates(40)))),
                        new TreeMap<>(Map.of("request", 7L, "web_search", 5_000_000L)));
        PriceVersion version =
                book.publish(
                                List.of(
                                        new PriceDraft(
                                                "default", Currency.USD, Map.of(KAURI, price))),
                                offering(ServiceTier.STANDARD, ServiceTier.PRIORITY),
                                null)
                        .getFirst();
        assertThat(version.price(KAURI)).isEqualTo(price);
        assertThat(book.find(version.id())).contains(version);
    }

    @Test
    void aModelOnOfferWithoutExactlyOnePriceKeepsAllListsFromBeingPublished() {
        assertThatThrownBy(
                        () ->
                                book.publish(
                                        List.of(draft("default", 1), draft("acme", 2)),
                                        offering(ServiceTier.STANDARD, ServiceTier.BATCH),
                                        null))
                .isInstanceOfSatisfying(
                        PricesRefusedException.class,
                        e ->
                                assertThat(e.reasons())
                                        .hasSize(10)
                                        .contains(
                                                "(acme, kauri, output, batch, band from 0): no price"
                                                        + " (expected: exactly one)"));
        assertThat(book.current()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    DELETE FROM price_item WHERE token_class = 'output' | (kauri, output, standard, band from 0): no price
                    INSERT INTO price_item SELECT price_version_id, model, token_class, 5, service_tier, 100, NULL FROM price_item | price_item_no_overlap
                    UPDATE price_item SET band_to = 100 | ends at 100 (expected: no length)
                    UPDATE price_item SET band_from = 1 | (kauri, cache_read, standard, band from 0): no price
                    INSERT INTO price_offer SELECT id, 'kauri', 'priority', 10 FROM price_version | (kauri, cache_read, priority, band from 0): no price
                    INSERT INTO price_offer SELECT id, 'rimu', 'standard', 10 FROM price_version | (rimu, cache_read, standard, band from 0): no price
                    UPDATE price_item SET nanos_per_million = 0 | price_item_zero_is_free
                    INSERT INTO price_call SELECT id, 'kauri', 'request', 0, false FROM price_version | price_call_zero_is_free
                    """)
    void b12theDatabaseItselfRefusesGapsOverlapsAndNothing(String fault, String message) {
        assertThatThrownBy(
                        () ->
                                jdbi.useTransaction(
                                        handle -> {
                                            handle.execute(
                                                    "ALTER TABLE price_item DISABLE TRIGGER"
                                                            + " price_item_kept");
                                            handle.execute(
                                                    """
                                                    INSERT INTO price_version (id, number, currency,
                                                        effective_from)
                                                    VALUES (gen_random_uuid(), 1, 'USD', now())
                                                    """);
                                            handle.execute(
                                                    """
                                                    INSERT INTO price_item (price_version_id, model,
                                                        token_class, nanos_per_million)
                                                    SELECT v.id, 'kauri', c, 1 FROM price_version v,
                                                        unnest(ARRAY['input', 'cache_read', 'output',
                                                        'cache_write_5m', 'cache_write_1h']) c
                                                    """);
                                            handle.execute(fault);
                                            handle.execute(
                                                    "UPDATE price_version SET published_at = now()");
                                        }))
                .hasStackTraceContaining(message);
    }

    @Test
    void anOrganizationHasItsOwnListInItsPeriodAndTheDefaultOneOutside() {
        PriceVersion standard = publish("default", 10, null);
        PriceVersion acme = publish("acme", 8, null);
        OrganizationId customer = organization();
        Instant from = clock.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.MICROS);
        Instant to = from.plus(Duration.ofDays(30));
        PriceAssignment made = lists.assign(customer, "acme", from, to);
        assertThat(lists.of(customer)).containsExactly(made);
        PriceSnapshot snapshot = book.snapshot();
        assertThat(snapshot.forOrganization(customer, clock.now())).isEqualTo(standard);
        assertThat(snapshot.forOrganization(customer, from)).isEqualTo(acme);
        assertThat(snapshot.forOrganization(customer, to.minusNanos(1))).isEqualTo(acme);
        assertThat(snapshot.forOrganization(customer, to)).isEqualTo(standard);
        assertThat(snapshot.forOrganization(organization(), from)).isEqualTo(standard);
    }

    @Test
    void anAssignmentWithoutAnEndEndsWhereTheNextOneBeginsAndNoTwoOverlap() {
        publish("default", 10, null);
        publish("acme", 8, null);
        publish("bulk", 6, null);
        OrganizationId customer = organization();
        Instant next = clock.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.MICROS);
        PriceAssignment first = lists.assign(customer, "acme", null, null);
        PriceAssignment second =
                lists.assign(customer, "bulk", next, next.plus(Duration.ofDays(1)));
        assertThat(lists.of(customer))
                .containsExactly(
                        new PriceAssignment(
                                customer, "acme", first.from(), next, first.assignedAt()),
                        second);
        assertThatThrownBy(() -> lists.assign(customer, "default", next.plusSeconds(1), null))
                .isInstanceOf(PricesRefusedException.class)
                .hasMessageContaining("overlaps list \"bulk\"");
        assertThatThrownBy(
                        () -> lists.assign(customer, "default", clock.now().minusSeconds(60), null))
                .hasMessageContaining("the past never changes");
        assertThatThrownBy(() -> lists.assign(customer, "nobody", next.plusSeconds(90_000), null))
                .hasMessageContaining("no price in force");
    }

    @Test
    void theDatabaseItselfKeepsThePastOfAssignmentsAndOneListAtEachInstant() {
        publish("default", 10, null);
        OrganizationId customer = organization();
        lists.assign(customer, "default", null, null);
        for (String change :
                List.of(
                        "DELETE FROM price_assignment",
                        "UPDATE price_assignment SET list = 'acme'",
                        "UPDATE price_assignment SET valid_to = valid_from - interval '1 hour'",
                        "UPDATE price_assignment SET valid_to = now() + interval '1 hour', list ="
                                + " 'x'",
                        """
                        INSERT INTO price_assignment SELECT gen_random_uuid(), organization_id, list,
                            now() + interval '1 hour', NULL, now() FROM price_assignment
                        """)) {
            assertThatThrownBy(() -> jdbi.useHandle(handle -> handle.execute(change)))
                    .as(change)
                    .hasMessageContaining("price_assignment");
        }
    }

    @Test
    void parallelAssignmentsOfOneOrganizationLeaveNoTwoAtOneInstant() {
        publish("default", 10, null);
        OrganizationId customer = organization();
        Instant from = clock.now().plus(Duration.ofDays(1));
        List<Boolean> made =
                Together.run(
                        8,
                        _ ->
                                () -> {
                                    try {
                                        lists.assign(
                                                customer,
                                                "default",
                                                from,
                                                from.plus(Duration.ofDays(1)));
                                        return true;
                                    } catch (PricesRefusedException _) {
                                        return false;
                                    }
                                });
        assertThat(made).containsOnlyOnce(true);
        assertThat(lists.of(customer)).hasSize(1);
    }

    private PriceVersion publish(String list, long nanos, @Nullable Instant from) {
        return book.publish(List.of(draft(list, nanos)), NOTHING, from).getFirst();
    }

    private static PriceDraft draft(String list, long nanos) {
        return new PriceDraft(list, Currency.USD, Map.of(KAURI, new ModelPrice(rates(nanos))));
    }

    private static ClassRates rates(long nanos) {
        Rate rate = new Rate(nanos);
        return new ClassRates(rate, rate, rate, rate, new Rate(nanos * 2));
    }

    private static Catalog offering(ServiceTier... tiers) {
        return new Catalog(
                List.of(
                        new Model(
                                KAURI,
                                "me",
                                200_000,
                                8,
                                8,
                                Set.of(),
                                Set.of(tiers),
                                Model.DEFAULT_IMAGE_TOKENS,
                                AnswerProfile.OPENAI,
                                ParameterRules.NONE,
                                Set.of(),
                                List.of())));
    }

    private OrganizationId organization() {
        return new PostgresOrganizations(jdbi, clock, ids).create("Customer", Currency.USD).id();
    }
}
