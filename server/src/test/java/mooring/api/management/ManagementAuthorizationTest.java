package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mooring.accounts.KeySecret;
import mooring.accounts.Organization;
import mooring.api.management.ManagementWorld.Reply;
import mooring.ids.BudgetId;
import mooring.ids.KeyId;
import mooring.ids.RequestId;
import mooring.ledger.BudgetSubject;
import mooring.ledger.LedgerWorld;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.time.PeriodLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Made from the contract: an operation that is added to it is tried here without another line.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManagementAuthorizationTest {

    private ManagementWorld world;
    private Organization organization;
    private KeySecret customerKey;
    private KeyId revocable;
    private RequestId request;
    private BudgetId budget;

    @BeforeAll
    void open() {
        world = new ManagementWorld();
        LedgerWorld.Customer customer = world.ledger.customer("Aroha", "1");
        organization = customer.organization();
        UsageRecord record = world.ledger.record(customer, world.ledger.noHold(customer), 1);
        world.ledger.settle(record);
        request = record.id();
        customerKey = world.ledger.keys.create(organization.id(), "theirs").secret();
        budget =
                world.ledger
                        .budgets
                        .create(
                                organization.id(),
                                new BudgetSubject.OfOrganization(organization.id()),
                                PeriodLength.DAY,
                                Money.parse("1", Currency.USD),
                                List.of())
                        .budget()
                        .id();
        revocable = world.ledger.keys.create(organization.id(), "to revoke").key().id();
    }

    @AfterAll
    void close() {
        world.close();
    }

    private Stream<ContractOperation> operations() {
        assertThat(world.contract.operationIds()).hasSizeGreaterThan(10);
        return world.contract.operationIds().stream().sorted().map(world.contract::operation);
    }

    private String path(ContractOperation operation) {
        return operation
                .template()
                .replace("{organization_id}", organization.id().toString())
                .replace("{key_id}", revocable.toString())
                .replace("{node_id}", world.ledger.node.node())
                .replace("{request_id}", request.toString())
                .replace("{backup_id}", "bkp_0")
                .replace("{voucher_id}", "vch_0")
                .replace("{budget_id}", budget.toString());
    }

    private Reply tryWith(@Nullable String key, ContractOperation operation) {
        return world.as(key, operation.method().name(), path(operation), null, Map.of());
    }

    @TestFactory
    Stream<DynamicTest> noOperationIsOpenWithoutACredential() {
        return operations()
                .map(
                        operation ->
                                DynamicTest.dynamicTest(
                                        operation.id(),
                                        () -> {
                                            Reply reply = tryWith(null, operation);
                                            assertThat(reply.status()).isEqualTo(401);
                                            assertThat(reply.text("/error/code"))
                                                    .isEqualTo("invalid_api_key");
                                        }));
    }

    @TestFactory
    Stream<DynamicTest> noOperationIsOpenToAnUnknownCredential() {
        return operations()
                .flatMap(
                        operation ->
                                Stream.of(
                                                "nonsense",
                                                ManagementWorld.OPERATOR_KEY + "x",
                                                KeySecret.generate(
                                                                KeySecret.API_PREFIX,
                                                                new java.security.SecureRandom())
                                                        .reveal())
                                        .map(
                                                key ->
                                                        DynamicTest.dynamicTest(
                                                                operation.id() + " " + key,
                                                                () ->
                                                                        assertThat(
                                                                                        tryWith(
                                                                                                        key,
                                                                                                        operation)
                                                                                                .status())
                                                                                .isEqualTo(401))));
    }

    @TestFactory
    Stream<DynamicTest> noOperationIsOpenToACustomersKey() {
        return operations()
                .map(
                        operation ->
                                DynamicTest.dynamicTest(
                                        operation.id(),
                                        () -> {
                                            Reply reply = tryWith(customerKey.reveal(), operation);
                                            assertThat(reply.status()).isEqualTo(403);
                                            assertThat(reply.problem())
                                                    .contains("expected: the operator key");
                                        }));
    }

    @TestFactory
    Stream<DynamicTest> theOperatorsKeyOpensEveryOperation() {
        return operations()
                .map(
                        operation ->
                                DynamicTest.dynamicTest(
                                        operation.id(),
                                        () -> {
                                            world.publications.add(
                                                    new PricePublisher.Publication.Unchanged(
                                                            world.ledger.prices()));
                                            assertThat(
                                                            tryWith(
                                                                            ManagementWorld
                                                                                    .OPERATOR_KEY,
                                                                            operation)
                                                                    .status())
                                                    .isNotIn(401, 403, 404, 405, 500, 503);
                                        }));
    }

    @Test
    void aStrangerLearnsNothingOfWhatExists() {
        for (String path : List.of("/api/v1", "/api/v1/nothing", "/api/v1/organizations")) {
            assertThat(world.as(null, "DELETE", path, null, Map.of()).status()).isEqualTo(401);
        }
    }

    @Test
    void aRefusedBodyIsNotReadToItsEnd() {
        Reply reply =
                world.as(null, "POST", "/api/v1/organizations", "x".repeat(900_000), Map.of());
        assertThat(reply.status()).isEqualTo(401);
    }

    @Test
    void pathsOfOtherDoorsAreLeftToThem() {
        for (String path : List.of("/", "/v1/models", "/api", "/api/v10", "/api/v1x/keys")) {
            assertThat(passedOn(path)).as(path).isTrue();
        }
    }

    private boolean passedOn(String path) {
        return world.as(null, "GET", path, null, Map.of()).status() == 418;
    }
}
