package mooring.api.management;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Path;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// The written contract of this door: which operations there are, and the form of what comes in.
///
/// Read once at the start from the file that is also the documentation.
final class Contract {

    /// Opens every path of this door.
    static final String PREFIX = "/api/v1";

    private static final String RESOURCE = "/mooring/api/openapi.yaml";
    private static final Set<String> SECURITY = Set.of("operatorKey");
    private static final TypeReference<LinkedHashMap<String, Object>> MAP =
            new TypeReference<>() {};
    private static final Duration LOAD_DEADLINE = Duration.ofSeconds(30);

    private final OpenAPIContract contract;
    private final Map<String, ContractOperation> operations;

    private Contract(OpenAPIContract contract) {
        this.contract = contract;
        this.operations =
                contract.operations().stream()
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        Operation::getOperationId,
                                        operation -> operation(contract, operation)));
    }

    /// Blocking, for the start.
    ///
    /// @throws IllegalStateException when the file is no contract that this door can serve
    static Contract load(Vertx vertx) {
        try {
            return new Contract(
                    OpenAPIContract.from(vertx, managementPart())
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(LOAD_DEADLINE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the API contract cannot be read: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading the API contract", e);
        }
    }

    /// The contract as its library reads it.
    OpenAPIContract written() {
        return contract;
    }

    Set<String> operationIds() {
        return operations.keySet();
    }

    /// The operations at a path; empty when the contract has no such path.
    List<ContractOperation> at(String path) {
        if (path.endsWith("/")) {
            return List.of();
        }
        Path found = contract.findPath(path);
        return found == null
                ? List.of()
                : found.getOperations().stream()
                        .map(operation -> operation(operation.getOperationId()))
                        .toList();
    }

    ContractOperation operation(String id) {
        ContractOperation operation = operations.get(id);
        if (operation == null) {
            throw new IllegalArgumentException(
                    "operation: " + id + " (expected: one in the contract)");
        }
        return operation;
    }

    private static ContractOperation operation(OpenAPIContract contract, Operation operation) {
        boolean forOperators =
                operation.getSecurityRequirements().size() == 1
                        && operation
                                .getSecurityRequirements()
                                .getFirst()
                                .getNames()
                                .equals(SECURITY);
        if (!forOperators) {
            throw new IllegalStateException(
                    "security of "
                            + operation.getOperationId()
                            + ": "
                            + operation.getSecurityRequirements()
                            + " (expected: operatorKey alone)");
        }
        return ContractOperation.of(contract.getSchemaRepository(), operation);
    }

    /// The contract without the paths of other doors.
    private static JsonObject managementPart() {
        Map<String, Object> whole = read();
        Map<String, Object> paths = new LinkedHashMap<>();
        if (whole.get("paths") instanceof Map<?, ?> all) {
            all.forEach(
                    (path, item) -> {
                        if (path instanceof String text && text.startsWith(PREFIX + "/")) {
                            paths.put(text, text.endsWith("/export") ? withoutFiles(item) : item);
                        }
                    });
        }
        whole.put("paths", paths);
        return new JsonObject(whole);
    }

    /// The library knows no media types of files, and nothing of them is checked here.
    private static Object withoutFiles(Object item) {
        JsonObject path = new JsonObject(Json.MAPPER.convertValue(item, MAP));
        path.getJsonObject("get").getJsonObject("responses").getJsonObject("200").remove("content");
        return path.getMap();
    }

    private static Map<String, Object> read() {
        try (@Nullable InputStream in = Contract.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the API contract is not in the jar: " + RESOURCE);
            }
            return new ObjectMapper(new YAMLFactory()).readValue(in, MAP);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
