package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import mooring.accounts.KeyHash;
import mooring.api.management.ManagementWorld.Reply;
import mooring.ids.OrganizationId;
import mooring.inference.Usage;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LotKind;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.replicas.Replica;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What an operator does in a day, call by call. Each answer is held against the contract.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManagementJourneyTest {

    private ManagementWorld world;

    @BeforeAll
    void open() {
        world = new ManagementWorld();
    }

    @AfterAll
    void close() {
        world.close();
    }

    private String organization(String name) {
        Reply reply = world.post("/api/v1/organizations", "{\"name\":\"" + name + "\"}");
        assertThat(reply.status()).isEqualTo(201);
        return "/api/v1/organizations/" + reply.text("/id");
    }

    @Test
    void aNewOrganizationHasNoMoneyAndTheCurrencyOfThePrices() {
        Reply created = world.post("/api/v1/organizations", "{\"name\":\"Tāmaki Kōrero 北京 🛶\"}");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.text("/name")).isEqualTo("Tāmaki Kōrero 北京 🛶");
        assertThat(created.text("/balance/currency")).isEqualTo("USD");
        assertThat(created.text("/balance/available")).isEqualTo("0.00");
        Reply read = world.get("/api/v1/organizations/" + created.text("/id"));
        assertThat(read.body()).isEqualTo(created.body());
    }

    @Test
    void allOrganizationsArePagedThroughInOrder() {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            made.add(organization("page " + i).substring("/api/v1/organizations/".length()));
        }
        List<String> seen = new ArrayList<>();
        String next = "/api/v1/organizations?limit=2";
        while (next != null) {
            Reply page = world.get(next);
            assertThat(page.at("/data").size()).isBetween(1, 2);
            page.at("/data").forEach(row -> seen.add(row.path("id").asText()));
            next =
                    page.at("/next_cursor").isNull()
                            ? null
                            : "/api/v1/organizations?limit=2&cursor=" + page.text("/next_cursor");
        }
        assertThat(seen).doesNotHaveDuplicates().isSorted().containsAll(made);
    }

    @Test
    void aKeysSecretIsShownOnceAndNeverAgain() {
        String here = organization("keys");
        Reply created = world.post(here + "/keys", "{\"name\":\"laptop\"}", "key-1");
        String secret = created.text("/secret");
        assertThat(secret).startsWith(created.text("/prefix"));
        assertThat(world.ledger.keys.principal(KeyHash.of(secret))).isPresent();

        Reply repeated = world.post(here + "/keys", "{\"name\":\"laptop\"}", "key-1");
        assertThat(repeated.status()).isEqualTo(201);
        assertThat(repeated.text("/id")).isEqualTo(created.text("/id"));
        assertThat(repeated.raw().body()).doesNotContain(secret);
        Reply list = world.get(here + "/keys");
        assertThat(list.at("/data").size()).isEqualTo(1);
        assertThat(list.raw().body()).doesNotContain(secret).contains(created.text("/id"));
    }

    @Test
    void keysBelongToAProjectTheStandardOneWhenNoneIsNamed() {
        String here = organization("projects");
        Reply made = world.post(here + "/projects", "{\"name\":\"research\"}");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.at("/standard").asBoolean()).isFalse();
        Reply twice = world.post(here + "/projects", "{\"name\":\"research\"}");
        assertThat(twice.status()).isEqualTo(409);
        Reply list = world.get(here + "/projects");
        assertThat(list.text("/data/0/name")).isEqualTo("default");
        assertThat(list.at("/data/0/standard").asBoolean()).isTrue();
        assertThat(list.at("/data/1")).isEqualTo(made.body());
        Reply next =
                world.get(
                        here
                                + "/projects?limit=1&cursor="
                                + world.get(here + "/projects?limit=1").text("/next_cursor"));
        assertThat(next.at("/data/0")).isEqualTo(made.body());

        Reply plain = world.post(here + "/keys", "{\"name\":\"a\"}");
        assertThat(plain.text("/project_id")).isEqualTo(list.text("/data/0/id"));
        String named = "{\"name\":\"b\",\"project_id\":\"" + made.text("/id") + "\"}";
        Reply own = world.post(here + "/keys", named);
        assertThat(own.text("/project_id")).isEqualTo(made.text("/id"));
        Reply foreign = world.post(organization("elsewhere") + "/keys", named);
        assertThat(foreign.status()).isEqualTo(404);
        assertThat(foreign.problem()).contains(made.text("/id"), "expected: a project of");
    }

    @Test
    void aBudgetIsPutInForceShownChangedAndEnded() {
        String here = organization("budgets");
        Reply made =
                world.post(
                        here + "/budgets", "{\"period\":\"day\",\"limit\":\"2.50\"}", "budget-1");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.text("/scope")).isEqualTo("organization");
        assertThat(made.at("/project_id").isNull()).isTrue();
        assertThat(made.text("/limit/amount")).isEqualTo("2.50");
        assertThat(made.text("/left/amount")).isEqualTo("2.50");
        assertThat(made.at("/thresholds").toString()).isEqualTo("[50,80,100]");
        assertThat(made.text("/resets_at")).endsWith("T00:00:00Z");
        assertThat(world.get(here + "/budgets").at("/data/0")).isEqualTo(made.body());
        Reply twice = world.post(here + "/budgets", "{\"period\":\"day\",\"limit\":\"3\"}");
        assertThat(twice.status()).isEqualTo(409);

        String path = here + "/budgets/" + made.text("/id");
        Reply changed = world.call("PATCH", path, "{\"limit\":\"4\",\"thresholds\":[]}", Map.of());
        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.text("/limit/amount")).isEqualTo("4.00");
        assertThat(changed.at("/thresholds").size()).isZero();
        Reply elsewhere =
                world.call(
                        "DELETE",
                        organization("others") + "/budgets/" + made.text("/id"),
                        null,
                        Map.of());
        assertThat(elsewhere.status()).isEqualTo(404);
        assertThat(world.call("DELETE", path, null, Map.of()).body()).isEqualTo(changed.body());
        assertThat(world.call("DELETE", path, null, Map.of()).status()).isEqualTo(404);
        assertThat(world.get(here + "/budgets").at("/data").size()).isZero();
    }

    @Test
    void aBudgetThatCannotBeIsRefusedWithTheFieldAtFault() {
        String here = organization("bad budgets");
        for (Map.Entry<String, String> bad :
                Map.of(
                                "{\"period\":\"week\",\"limit\":\"1\"}", "period",
                                "{\"period\":\"day\",\"limit\":\"-1\"}", "limit",
                                "{\"period\":\"day\",\"limit\":\"1e3\"}", "limit",
                                "{\"period\":\"day\",\"limit\":2}", "limit",
                                "{\"period\":\"day\",\"limit\":\"9999999999\"}", "limit",
                                "{\"period\":\"day\",\"limit\":\"1\",\"project_id\":\"proj_x\"}",
                                        "project_id",
                                "{\"period\":\"day\",\"limit\":\"1\",\"thresholds\":[101]}", "body")
                        .entrySet()) {
            Reply reply = world.post(here + "/budgets", bad.getKey());
            assertThat(reply.status()).as(bad.getKey()).isEqualTo(400);
            assertThat(reply.problem()).as(bad.getKey()).isNotBlank();
            if (!bad.getValue().equals("body")) {
                assertThat(reply.text("/error/param")).isEqualTo(bad.getValue());
            }
        }
        assertThat(world.get(here + "/budgets").at("/data").size()).isZero();
    }

    @Test
    void limitsComeFromTheTierAndWhatIsSetGoesBeforeThem() {
        String here = organization("limited");
        String limits = here + "/limits";
        assertThat(world.get(limits).text("/tier")).isEqualTo("tier0");
        world.ledger.wallets.credit(
                OrganizationId.parse(here.substring(here.lastIndexOf('/') + 1)),
                Money.parse("10", Currency.USD),
                LotKind.PROMOTIONAL,
                "a gift",
                null);
        assertThat(world.get(limits).text("/tier")).isEqualTo("tier0");
        world.post(here + "/credits", "{\"amount\":\"10\",\"reason\":\"paid\"}");
        Reply paid = world.get(limits);
        assertThat(paid.text("/tier")).isEqualTo("tier1");
        assertThat(paid.text("/recharged/amount")).isEqualTo("10.00");
        assertThat(paid.at("/limits/rpm").asLong()).isEqualTo(200);
        assertThat(paid.at("/limits/tpm").isNull()).isTrue();
        assertThat(paid.at("/tiers").size()).isEqualTo(3);

        Reply given = world.call("PATCH", limits, "{\"tier\":\"tier2\",\"tpm\":9}", Map.of());
        assertThat(given.status()).isEqualTo(200);
        assertThat(given.at("/limits/rpm").asLong()).isEqualTo(500);
        assertThat(given.at("/limits/tpm").asLong()).isEqualTo(9);
        Reply key = world.post(here + "/keys", "{\"name\":\"k\"}");
        String ofKey = "{\"key_id\":\"" + key.text("/id") + "\",\"rpm\":5}";
        Reply both = world.call("PATCH", limits, ofKey, Map.of());
        assertThat(both.at("/own").size()).isEqualTo(2);
        assertThat(both.text("/own/1/key_id")).isEqualTo(key.text("/id"));
        assertThat(both.at("/own/1/rpm").asLong()).isEqualTo(5);
        Reply back = world.call("PATCH", limits, "{\"tier\":null,\"tpm\":null}", Map.of());
        assertThat(back.text("/tier")).isEqualTo("tier1");
        assertThat(back.at("/own").size()).isEqualTo(1);

        String others = organization("others' limits") + "/limits";
        assertThat(world.call("PATCH", others, ofKey, Map.of()).status()).isEqualTo(404);
        for (Map.Entry<String, String> bad :
                Map.of(
                                "{\"rpm\":0}", "rpm",
                                "{\"rpm\":\"5\"}", "rpm",
                                "{\"tier\":\"tier9\"}", "tier",
                                "{\"model\":\"none\",\"rpm\":1}", "model")
                        .entrySet()) {
            Reply reply = world.call("PATCH", limits, bad.getKey(), Map.of());
            assertThat(reply.status()).as(bad.getKey()).isEqualTo(400);
            assertThat(reply.text("/error/param")).isEqualTo(bad.getValue());
        }
    }

    @Test
    void aZoneIsSetByNameAndShown() {
        Reply made =
                world.post(
                        "/api/v1/organizations",
                        "{\"name\":\"zones\",\"zone\":\"Pacific/Auckland\"}");
        assertThat(made.text("/zone")).isEqualTo("Pacific/Auckland");
        String here = "/api/v1/organizations/" + made.text("/id");
        Reply changed = world.call("PATCH", here, "{\"zone\":\"Asia/Kathmandu\"}", Map.of());
        assertThat(changed.status()).isEqualTo(200);
        assertThat(world.get(here).text("/zone")).isEqualTo("Asia/Kathmandu");
        for (String zone : List.of("Middle-earth/Shire", "+05:45", "utc ", "EST5")) {
            Reply bad = world.call("PATCH", here, "{\"zone\":\"" + zone + "\"}", Map.of());
            assertThat(bad.status()).as(zone).isEqualTo(400);
            assertThat(bad.problem()).contains(zone, "Pacific/Auckland");
        }
    }

    @Test
    void aRevokedKeyStaysRevokedSinceTheSameMoment() {
        Reply key = world.post(organization("revoke") + "/keys", "{\"name\":\"lost\"}");
        String path = "/api/v1/keys/" + key.text("/id") + "/revoke";
        Reply first = world.post(path, "");
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.at("/revoked_at").isTextual()).isTrue();
        assertThat(world.post(path, "").body()).isEqualTo(first.body());
        assertThat(world.ledger.keys.principal(KeyHash.of(key.text("/secret")))).isEmpty();
    }

    @Test
    void creditIsAddedToTheNanoAndOncePerIdempotencyKey() {
        String here = organization("credit");
        String body = "{\"amount\":\"25.000000001\",\"reason\":\"bank transfer 7\"}";
        Reply first = world.post(here + "/credits", body, "topup-7");
        assertThat(first.status()).isEqualTo(201);
        assertThat(first.text("/amount")).isEqualTo("25.000000001");
        assertThat(first.text("/reason")).isEqualTo("bank transfer 7");
        assertThat(first.text("/balance/available")).isEqualTo("25.000000001");

        Reply again = world.post(here + "/credits", body, "topup-7");
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.text("/transfer_id")).isEqualTo(first.text("/transfer_id"));
        assertThat(world.get(here + "/balance").text("/posted")).isEqualTo("25.000000001");

        Reply other =
                world.post(
                        here + "/credits",
                        "{\"amount\":\"26\",\"reason\":\"bank transfer 7\"}",
                        "topup-7");
        assertThat(other.status()).isEqualTo(409);
        assertThat(world.get(here + "/balance").text("/posted")).isEqualTo("25.000000001");
    }

    @Test
    void theSameCreditSentTwentyTimesAtOnceIsAddedOnce() throws Exception {
        String here = organization("credit at once");
        String body = "{\"amount\":\"3\",\"reason\":\"impatient\"}";
        List<Callable<Integer>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(() -> world.post(here + "/credits", body, "at-once").status());
        }
        for (Future<Integer> status : world.ledger.virtualThreads.invokeAll(calls)) {
            assertThat(get(status)).isEqualTo(201);
        }
        assertThat(world.get(here + "/balance").text("/posted")).isEqualTo("3.00");
    }

    @Test
    void aWriteRepeatedWithItsIdempotencyKeyIsDoneOnceAndAnotherIsRefused() {
        Reply first = world.post("/api/v1/organizations", "{\"name\":\"once\"}", "org-once");
        Reply again = world.post("/api/v1/organizations", "{ \"name\" : \"once\" }", "org-once");
        assertThat(again.text("/id")).isEqualTo(first.text("/id"));
        Reply other = world.post("/api/v1/organizations", "{\"name\":\"twice\"}", "org-once");
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.problem()).startsWith("Idempotency-Key: \"org-once\" was used");
    }

    @Test
    void anIdempotencyKeyThatLooksLikeANumberIsText() {
        Reply reply = world.post("/api/v1/organizations", "{\"name\":\"number\"}", "12.50");
        assertThat(reply.status()).isEqualTo(201);
        assertThat(world.post("/api/v1/organizations", "{\"name\":\"number\"}", "12.5").text("/id"))
                .isNotEqualTo(reply.text("/id"));
    }

    @Test
    void usageAndRequestsAddUpToWhatWasSettled() {
        LedgerWorld.Customer customer = world.ledger.customer("usage", "10");
        UsageRecord first = settled(customer, new Usage(100, 20, 3, 4, 50, 10));
        UsageRecord second = settled(customer, Usage.NONE.withOutput(7, 0));
        String here = "/api/v1/organizations/" + customer.organization().id();

        Reply report = world.get(here + "/usage?group_by=model&group_by=day");
        assertThat(report.at("/data").size()).isEqualTo(1);
        assertThat(report.text("/data/0/model")).isEqualTo(LedgerWorld.MODEL.text());
        assertThat(report.at("/totals/requests").asLong()).isEqualTo(2);
        assertThat(report.at("/totals/input_uncached_tokens").asLong()).isEqualTo(100);
        assertThat(report.at("/totals/cache_read_tokens").asLong()).isEqualTo(20);
        assertThat(report.at("/totals/cache_write_tokens").asLong()).isEqualTo(7);
        assertThat(report.at("/totals/output_tokens").asLong()).isEqualTo(57);
        assertThat(report.at("/totals/reasoning_tokens").asLong()).isEqualTo(10);
        assertThat(report.text("/totals/cost/amount"))
                .isEqualTo(first.charge().plus(second.charge()).text());
        assertThat(world.get(here + "/usage").at("/data").size()).isEqualTo(1);

        Reply page = world.get(here + "/requests?limit=1");
        assertThat(page.text("/data/0/id")).isEqualTo(second.id().toString());
        Reply rest = world.get(here + "/requests?limit=1&cursor=" + page.text("/next_cursor"));
        assertThat(rest.text("/data/0/id")).isEqualTo(first.id().toString());
        assertThat(rest.text("/data/0/finish_reason")).isEqualTo("stop");
        assertThat(rest.at("/next_cursor").isNull()).isTrue();
    }

    @Test
    void requestsOutsideThePeriodAreNotListed() {
        LedgerWorld.Customer customer = world.ledger.customer("period", "10");
        settled(customer, Usage.NONE.withOutput(7, 0));
        String here = "/api/v1/organizations/" + customer.organization().id() + "/requests";
        assertThat(world.get(here + "?from=2026-01-01T00:00:00Z").at("/data").size()).isEqualTo(1);
        assertThat(
                        world.get(here + "?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z")
                                .at("/data")
                                .size())
                .isZero();
        assertThat(
                        world.get(here + "?from=2999-01-01T00:00:00Z&to=2999-01-02T00:00:00Z")
                                .at("/data")
                                .size())
                .isZero();
    }

    @Test
    void anOrganizationThatUsedNothingHasOneRowOfZeros() {
        Reply report = world.get(organization("idle") + "/usage");
        assertThat(report.at("/data").size()).isEqualTo(1);
        assertThat(report.at("/totals/requests").asLong()).isZero();
        assertThat(report.text("/totals/cost/amount")).isEqualTo("0.00");
    }

    @Test
    void modelsAreListedWithTheirPricesAndWhatRuns() {
        Replica replica = world.replicas.all().getFirst();
        replica.update(new Replica.State.Down("connection refused"));
        Reply reply = world.get("/api/v1/models");
        assertThat(reply.text("/data/0/id")).isEqualTo(LedgerWorld.MODEL.text());
        assertThat(reply.text("/data/0/pricing/output")).isEqualTo("1");
        assertThat(reply.text("/data/0/replicas/0/engine")).isEqualTo("llama.cpp");
        assertThat(reply.text("/data/0/replicas/0/state")).isEqualTo("unhealthy");
        assertThat(reply.text("/data/0/replicas/0/detail")).isEqualTo("connection refused");
        replica.update(new Replica.State.Ready());
        assertThat(world.get("/api/v1/models").text("/data/0/replicas/0/state")).isEqualTo("ready");
    }

    @Test
    void pricesAreShownWithWhatIsNotPublishedYet() {
        world.unpublished.add("kauri: output 1 -> 2");
        Reply reply = world.get("/api/v1/prices");
        assertThat(reply.at("/number").asInt()).isEqualTo(world.ledger.prices().number());
        assertThat(reply.text("/data/0/pricing/cache_read")).isEqualTo("0.1");
        assertThat(reply.text("/unpublished_changes/0")).isEqualTo("kauri: output 1 -> 2");
        world.unpublished.clear();
    }

    @Test
    void publishingSaysWhetherAnythingWasPublished() {
        world.publications.add(
                new PricePublisher.Publication.Published(List.of(world.ledger.prices())));
        world.publications.add(new PricePublisher.Publication.Unchanged(world.ledger.prices()));
        world.publications.add(
                new PricePublisher.Publication.Refused(
                        List.of("kauri: output 1.5 (expected: text)", "rimu: no price")));
        assertThat(world.post("/api/v1/prices/publish", "").status()).isEqualTo(201);
        assertThat(world.post("/api/v1/prices/publish", "").status()).isEqualTo(200);
        Reply refused = world.post("/api/v1/prices/publish", "");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem())
                .isEqualTo(
                        "the price file was not published: kauri: output 1.5 (expected: text);"
                                + " rimu: no price");
    }

    @Test
    void theLedgerIsVerifiedOnRequest() {
        Reply reply = world.post("/api/v1/ledger/verify", "");
        assertThat(reply.at("/ok").asBoolean()).isTrue();
        assertThat(reply.at("/checks").size()).isGreaterThan(3);
    }

    @Test
    void settingsAndVersionAreShown() {
        Reply settings = world.get("/api/v1/config");
        assertThat(settings.text("/data/0/value")).isEqualTo("8080");
        assertThat(settings.at("/data/1/value").isNull()).isTrue();
        assertThat(world.get("/api/v1/version").text("/version")).isEqualTo("0.1.0");
    }

    private UsageRecord settled(LedgerWorld.Customer customer, Usage usage) {
        UsageRecord record = world.ledger.record(customer, world.ledger.noHold(customer), usage);
        world.ledger.settle(record);
        return record;
    }

    private static int get(Future<Integer> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
