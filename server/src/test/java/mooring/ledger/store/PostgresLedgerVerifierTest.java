package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import java.util.stream.Stream;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.metering.UsageRecord;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whoever changes the books behind the ledger's back is found, and the row is named.
class PostgresLedgerVerifierTest {

    /// What somebody did with rights that no program of ours has.
    ///
    /// @param check the check that must find it
    /// @param names what one of the named rows must contain: a placeholder or plain text
    record Corruption(String check, String names, String sql) {
        @Override
        public String toString() {
            return check + ": " + sql.strip().lines().findFirst().orElse("");
        }
    }

    static Stream<Corruption> corruptions() {
        return Stream.of(
                new Corruption(
                        "debits_equal_credits",
                        "trf_",
                        """
                        UPDATE transfer SET currency = 'EUR' WHERE kind = 'top_up'
                        """),
                new Corruption(
                        "wallet_posted",
                        "{wallet}",
                        "UPDATE wallet_balance SET posted = posted + 1 WHERE wallet_id = :wallet"),
                new Corruption(
                        "wallet_posted", "{wallet}", "DELETE FROM transfer WHERE kind = 'top_up'"),
                new Corruption(
                        "wallet_posted",
                        "{wallet}",
                        """
                        UPDATE transfer SET amount = amount + 1 WHERE kind = 'top_up'
                        """),
                new Corruption(
                        "wallet_lots",
                        "{wallet}",
                        """
                        UPDATE credit_lot SET remaining = remaining - 7, amount = amount - 7
                        WHERE wallet_id = :wallet AND kind = 'paid'
                        """),
                new Corruption("lot_draws", "{wallet}", "UPDATE lot_draw SET amount = amount + 1"),
                new Corruption("lot_draws", "missing", "DELETE FROM credit_lot"),
                new Corruption(
                        "lot_sources",
                        "{wallet}",
                        """
                        UPDATE credit_lot SET transfer_id = gen_random_uuid() WHERE kind = 'paid'
                        """),
                new Corruption(
                        "receivable",
                        "USD",
                        """
                        INSERT INTO transfer (id, debit_account, credit_account, currency, amount,
                            kind, wallet_id, booking, booked_at)
                        SELECT gen_random_uuid(), a.id, b.id, 'USD', 5, 'debt', :wallet,
                            gen_random_uuid(), now()
                        FROM account a, account b
                        WHERE a.kind = 'receivable' AND b.kind = 'customer_wallet'
                        """),
                new Corruption(
                        "settled_once",
                        "{request}: 2",
                        """
                        ALTER TABLE settlement DROP CONSTRAINT settlement_day;
                        CREATE TEMPORARY TABLE twice ON COMMIT DROP AS SELECT * FROM settlement
                            WHERE request_id = :request;
                        UPDATE twice SET day = day + 1;
                        INSERT INTO settlement SELECT * FROM twice
                        """),
                new Corruption(
                        "one_outcome",
                        "{request}",
                        """
                        INSERT INTO released_request (day, request_id, organization_id, project_id,
                            api_key_id, wallet_id, model, tier, admitted_at, finished_at, streamed,
                            attempts, timeline, node_id, epoch)
                        SELECT day, request_id, organization_id, project_id, api_key_id, wallet_id,
                            model, tier, admitted_at, finished_at, streamed, 1, '{}', node_id, epoch
                        FROM settlement WHERE request_id = :request
                        """),
                new Corruption(
                        "adjustments",
                        "{request}",
                        """
                        INSERT INTO usage_adjustment (id, request_id, organization_id, project_id,
                            api_key_id, wallet_id, model, tier, price_version_id, currency, charge,
                            shortfall, direction, amount, wallet_amount, absorbed_amount, reason,
                            actor, booking, created_at)
                        SELECT gen_random_uuid(), request_id, organization_id, project_id,
                            api_key_id, wallet_id, model, tier, price_version_id, currency, charge,
                            shortfall, 'credit', 1, 1, 0, 'r', 'a', gen_random_uuid(), now()
                        FROM settlement WHERE request_id = :request
                        """),
                new Corruption(
                        "lot_transfers",
                        "{wallet}",
                        "UPDATE credit_lot SET kind = 'allowance' WHERE kind = 'promotional'"),
                new Corruption(
                        "lot_transfers",
                        "{wallet}",
                        "DELETE FROM transfer WHERE kind = 'promotion_spent'"),
                new Corruption("wallet_held", "{wallet}", "DELETE FROM lease"),
                new Corruption("wallet_held", "{wallet}", "UPDATE lease SET amount = amount + 1"),
                new Corruption(
                        "budget_held",
                        "held 5, leases 0",
                        """
                        INSERT INTO budget (id, organization_id, scope, subject_id, period,
                            currency, amount, thresholds, created_at)
                        SELECT id, id, 'organization', id, 'day', 'USD', 9, '{50}', now()
                        FROM organization LIMIT 1;
                        INSERT INTO budget_period (budget_id, starts_on, starts_at, ends_at, amount,
                            held)
                        SELECT id, '2026-06-10', '2026-06-10', '2026-06-11', 9, 5 FROM budget
                        """),
                new Corruption(
                        "wallet_floor",
                        "{wallet}",
                        """
                        ALTER TABLE wallet_balance DROP CONSTRAINT never_below_floor;
                        UPDATE wallet_balance SET held = posted + 1 WHERE wallet_id = :wallet
                        """),
                new Corruption(
                        "voucher_redemptions",
                        "counts 1 of 3, redemptions 0",
                        "DELETE FROM voucher_redemption"),
                new Corruption(
                        "voucher_redemptions",
                        "credited nothing",
                        "UPDATE voucher_redemption SET wallet_id = :wallet"),
                new Corruption(
                        "settlement_transfers",
                        "{request}",
                        "DELETE FROM transfer WHERE kind = 'usage'"),
                new Corruption(
                        "settlement_transfers",
                        "{wallet}",
                        "DELETE FROM settlement WHERE request_id = :request"),
                new Corruption(
                        "settlement_split",
                        "{request}",
                        """
                        ALTER TABLE settlement DROP CONSTRAINT settlement_split;
                        UPDATE settlement SET shortfall = 5 WHERE request_id = :request
                        """),
                new Corruption(
                        "token_classes",
                        "{request}",
                        """
                        ALTER TABLE settlement DROP CONSTRAINT settlement_prompt;
                        UPDATE settlement SET prompt = prompt + 1 WHERE request_id = :request
                        """),
                new Corruption(
                        "settlement_day",
                        "{request}",
                        """
                        ALTER TABLE settlement DROP CONSTRAINT settlement_day;
                        UPDATE settlement SET day = day + 1 WHERE request_id = :request
                        """),
                new Corruption(
                        "settlement_references",
                        "{request}: no such key",
                        """
                        UPDATE settlement SET api_key_id = gen_random_uuid()
                        WHERE request_id = :request
                        """),
                new Corruption(
                        "roll_up",
                        "{organization}",
                        "UPDATE usage_minute SET cache_read = cache_read - 1"),
                new Corruption("roll_up", "{organization}", "DELETE FROM usage_minute"),
                new Corruption(
                        "revenue",
                        "USD",
                        """
                        INSERT INTO transfer (id, debit_account, credit_account, currency, amount,
                            kind, wallet_id, booked_at)
                        SELECT gen_random_uuid(), a.id, b.id, 'USD', 5, 'top_up', :wallet, now()
                        FROM account a, account b
                        WHERE a.kind = 'cash_clearing' AND b.kind = 'usage_revenue'
                        """),
                new Corruption(
                        "re_rating",
                        "{request}: charge 0",
                        """
                        UPDATE settlement SET charge = 0, payable = 0, shortfall = 0
                        WHERE request_id = :request
                        """),
                new Corruption(
                        "re_rating",
                        "{request}",
                        "UPDATE price_item SET nanos_per_million = nanos_per_million * 2"),
                new Corruption(
                        "price_items",
                        "version 1",
                        "DELETE FROM price_item WHERE token_class = 'cache_read'"));
    }

    @Test
    void soundBooksPassEveryCheckAndEachSaysWhatItHolds() {
        try (LedgerWorld world = new LedgerWorld()) {
            plantableBooks(world);
            LedgerVerifier.Report report = world.verifier.verify();
            assertThat(report.ok()).isTrue();
            assertThat(report.checks())
                    .extracting(LedgerVerifier.Check::id)
                    .doesNotHaveDuplicates()
                    .containsAll(corruptions().map(Corruption::check).distinct().toList())
                    .hasSize(LedgerChecks.ALL.size() + 1);
        }
    }

    @Test
    void everyCheckHasACorruptionThatItFinds() {
        assertThat(corruptions().map(Corruption::check).distinct())
                .hasSize(LedgerChecks.ALL.size() + 1);
    }

    @ParameterizedTest
    @MethodSource("corruptions")
    void aPlantedCorruptionIsFoundAndItsRowNamed(Corruption corruption) {
        try (LedgerWorld world = new LedgerWorld()) {
            Planted planted = plantableBooks(world);
            world.jdbi.useTransaction(handle -> plant(handle, corruption.sql(), planted));
            String named =
                    corruption
                            .names()
                            .replace("{wallet}", planted.customer().principal().wallet().toString())
                            .replace("{request}", planted.settled().id().toString())
                            .replace(
                                    "{organization}",
                                    planted.customer().organization().id().toString());
            assertThat(world.findings()).containsKey(corruption.check());
            assertThat(world.findings().get(corruption.check()))
                    .anySatisfy(row -> assertThat(row).contains(named));
        }
    }

    @Test
    void aSettlementOfZeroForTokensThatHaveAPriceIsFound() { // B28
        try (LedgerWorld world = new LedgerWorld()) {
            Planted planted = plantableBooks(world);
            UsageRecord record =
                    world.record(planted.customer(), world.noHold(planted.customer()), 9);
            world.settle(
                    LedgerWorld.changed(
                            record,
                            null,
                            record.accepted().admittedAt(),
                            record.finishedAt(),
                            world.money("0")));
            assertThat(world.findings()).containsOnlyKeys("re_rating");
        }
    }

    private record Planted(Customer customer, UsageRecord settled) {}

    /// Books with a bit of everything, all of it one customer's but a voucher's redemption.
    private static Planted plantableBooks(LedgerWorld world) {
        Customer customer = world.customer("planted", "10");
        world.credit(customer, "0.001", LotKind.PROMOTIONAL);
        Usage usage = new Usage(1_000, 500, 20, 10, 400, 100);
        world.lease(world.node, customer.principal().wallet(), world.money("2"));
        Hold hold =
                new Hold(world.ids.nextRequest(), customer.principal().wallet(), world.money("1"));
        UsageRecord settled = world.record(customer, hold, usage);
        world.settle(settled);
        String code = VoucherTerms.of(world, "2").times(3).make(world).getFirst().reveal();
        world.vouchers.redeem(world.customer("redeemer").organization().id(), code, null);
        return new Planted(customer, settled);
    }

    private static void plant(Handle handle, String sql, Planted planted) {
        // Rights of an owner who switches the guards off.
        handle.execute("SET LOCAL session_replication_role = replica");
        UUID wallet = planted.customer().principal().wallet().uuid();
        for (String statement : sql.split(";")) {
            handle.execute(
                    statement
                            .replace(":wallet", "'" + wallet + "'")
                            .replace(":request", "'" + planted.settled().id().uuid() + "'"));
        }
    }
}
