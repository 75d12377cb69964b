package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import mooring.ledger.LedgerWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The contract and the code name the same operations, or nothing starts.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperationsTest {

    private final Vertx vertx = Vertx.vertx();
    private Contract contract;

    @BeforeAll
    void load() {
        contract = Contract.load(vertx);
    }

    @AfterAll
    void close() {
        LedgerWorld.get(vertx.close().toCompletionStage());
    }

    private Map<String, OperationHandler> handlers() {
        Map<String, OperationHandler> handlers = new HashMap<>();
        contract.operationIds().forEach(id -> handlers.put(id, _ -> Answer.ok(Map.of())));
        return handlers;
    }

    @Test
    void anOperationWithoutAHandlerKeepsTheServerFromStarting() {
        Map<String, OperationHandler> handlers = handlers();
        new Operations(contract, handlers);
        handlers.remove("verifyLedger");
        assertThatThrownBy(() -> new Operations(contract, handlers))
                .hasMessageContaining("operations without a handler: [verifyLedger]");
    }

    @Test
    void aHandlerThatTheContractDoesNotNameKeepsTheServerFromStarting() {
        Map<String, OperationHandler> handlers = handlers();
        handlers.put("mintMoney", _ -> Answer.ok(Map.of()));
        assertThatThrownBy(() -> new Operations(contract, handlers))
                .hasMessageContaining("handlers without an operation: [mintMoney]");
    }
}
