package mooring.api.management;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.SchemaRepository;
import io.vertx.json.schema.Validator;
import io.vertx.openapi.contract.Location;
import io.vertx.openapi.contract.MediaType;
import io.vertx.openapi.contract.Operation;
import io.vertx.openapi.contract.Parameter;
import io.vertx.openapi.contract.RequestBody;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One operation of the contract, with what checks its input made ready once.
///
/// @param template the path with its parameters in braces
/// @param body the form of the body, null when the operation takes none
record ContractOperation(
        String id, HttpMethod method, String template, List<Input> inputs, @Nullable Form body) {

    private static final String JSON = MediaType.APPLICATION_JSON;

    /// What a value must look like.
    ///
    /// @param schema the same as `validator` checks, to tell what was expected
    record Form(JsonObject schema, Validator validator) {

        static Form of(SchemaRepository schemas, JsonSchema schema) {
            if (!(schema instanceof JsonObject object)) {
                throw new IllegalStateException("schema: " + schema + " (expected: an object)");
            }
            return new Form(object, schemas.validator(schema));
        }
    }

    /// A parameter in path, query or header.
    record Input(String name, Location in, boolean required, Form form) {

        boolean list() {
            return "array".equals(form.schema().getValue("type"));
        }
    }

    static ContractOperation of(SchemaRepository schemas, Operation operation) {
        RequestBody body = operation.getRequestBody();
        return new ContractOperation(
                operation.getOperationId(),
                operation.getHttpMethod(),
                operation.getAbsoluteOpenAPIPath(),
                operation.getParameters().stream()
                        .map(parameter -> input(schemas, operation, parameter))
                        .toList(),
                body == null ? null : Form.of(schemas, bodySchema(operation, body)));
    }

    private static Input input(SchemaRepository schemas, Operation operation, Parameter parameter) {
        Input input =
                new Input(
                        parameter.getName(),
                        parameter.getIn(),
                        parameter.isRequired(),
                        Form.of(schemas, parameter.getSchema()));
        boolean readable =
                switch (parameter.getIn()) {
                    case PATH, HEADER -> !input.list();
                    case QUERY -> !input.list() || parameter.isExplode();
                    case COOKIE -> false;
                };
        if (!readable) {
            throw new IllegalStateException(
                    operation.getOperationId()
                            + ", parameter "
                            + parameter.getName()
                            + ": a form that is not read here (expected: a single value in path,"
                            + " query or header, or an exploded list in the query)");
        }
        return input;
    }

    private static JsonSchema bodySchema(Operation operation, RequestBody body) {
        MediaType json = body.getContent().get(JSON);
        if (json == null || body.getContent().size() != 1 || !body.isRequired()) {
            throw new IllegalStateException(
                    operation.getOperationId()
                            + ": body "
                            + body.getContent().keySet()
                            + " (expected: a required one of application/json alone)");
        }
        return json.getSchema();
    }
}
