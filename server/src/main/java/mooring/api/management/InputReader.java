package mooring.api.management;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.contract.Location;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import mooring.api.management.ContractOperation.Form;
import mooring.api.management.ContractOperation.Input;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Raw input to a call that has the contract's form, or the problem that names the first misfit.
///
/// The values are cut out here rather than by the contract library, which decodes them twice and
/// reads a text such as `12.50` as a number.
final class InputReader {

    private InputReader() {}

    static Call read(ContractOperation operation, RawInput raw) {
        refuseUnknownQuery(operation, raw.query().keySet());
        Map<String, Object> values = new HashMap<>();
        for (Input input : operation.inputs()) {
            Object value = value(operation, input, raw);
            if (value != null) {
                check(input.name(), input.form(), value);
                values.put(input.name(), value);
            } else if (input.required()) {
                throw invalid(
                        input.name(),
                        input.name()
                                + ": missing (expected: "
                                + SchemaText.expected(input.form().schema())
                                + ")");
            } else if (input.form().schema().containsKey("default")) {
                values.put(input.name(), input.form().schema().getValue("default"));
            }
        }
        return new Call(operation, values, body(operation.body(), raw));
    }

    private static void refuseUnknownQuery(ContractOperation operation, Set<String> names) {
        Set<String> known =
                operation.inputs().stream()
                        .filter(input -> isQuery(input))
                        .map(Input::name)
                        .collect(Collectors.toSet());
        for (String name : names) {
            if (!known.contains(name)) {
                throw invalid(name, SchemaText.unknown(name, known));
            }
        }
    }

    private static @Nullable Object value(ContractOperation operation, Input input, RawInput raw) {
        return switch (input.in()) {
            case PATH -> pathValue(operation.template(), input.name(), raw.path());
            case HEADER -> single(input, raw.headers().getOrDefault(input.name(), List.of()));
            case QUERY -> {
                List<String> given = raw.query().getOrDefault(input.name(), List.of());
                yield input.list() && !given.isEmpty() ? list(input, given) : single(input, given);
            }
            case COOKIE -> throw new IllegalStateException("refused when the contract was read");
        };
    }

    private static Object pathValue(String template, String name, String path) {
        String[] places = template.split("/");
        String[] parts = path.split("/");
        for (int i = 0; i < places.length; i++) {
            if (places[i].equals("{" + name + "}")) {
                try {
                    // A plus sign is itself in a path.
                    return URLDecoder.decode(parts[i].replace("+", "%2B"), StandardCharsets.UTF_8);
                } catch (IllegalArgumentException _) {
                    throw invalid(
                            name, name + ": \"" + parts[i] + "\" (expected: percent-encoded text)");
                }
            }
        }
        throw new IllegalStateException(template + " has no " + name);
    }

    private static @Nullable Object single(Input input, List<String> given) {
        if (given.size() > 1) {
            throw invalid(
                    input.name(),
                    input.name() + ": given " + given.size() + " times (expected: once)");
        }
        return given.isEmpty() ? null : typed(input.form().schema(), given.getFirst());
    }

    private static JsonArray list(Input input, List<String> given) {
        JsonObject items = input.form().schema().getJsonObject("items", new JsonObject());
        JsonArray list = new JsonArray();
        given.forEach(text -> list.add(typed(items, text)));
        return list;
    }

    /// A whole number where the contract wants one and the text is one; anything else stays text,
    /// which the check then refuses by type.
    private static Object typed(JsonObject schema, String text) {
        return "integer".equals(schema.getValue("type")) && text.matches("-?[0-9]{1,18}")
                ? (Object) Long.valueOf(text)
                : text;
    }

    private static JsonObject body(@Nullable Form form, RawInput raw) {
        if (form == null) {
            return noBody(raw);
        }
        String type = raw.contentType();
        if (type == null
                || !type.split(";", 2)[0]
                        .strip()
                        .toLowerCase(Locale.ROOT)
                        .equals("application/json")) {
            throw new ProblemException(
                    new Problem.UnsupportedMediaType(
                            "content-type: "
                                    + (type == null ? "missing" : SchemaText.shown(type))
                                    + " (expected: application/json)"));
        }
        Object value = parse(raw);
        check("", form, value);
        return (JsonObject) value;
    }

    /// Some clients cannot send nothing; an empty object means the same.
    private static JsonObject noBody(RawInput raw) {
        if (raw.body().length() > 0 && !parse(raw).equals(new JsonObject())) {
            throw invalid("body", "body: not empty (expected: none for this operation)");
        }
        return new JsonObject();
    }

    private static Object parse(RawInput raw) {
        if (raw.body().length() == 0) {
            throw invalid("body", "body: missing (expected: a JSON object)");
        }
        Object value;
        try {
            value = Json.MAPPER.readValue(raw.body().getBytes(), Object.class);
        } catch (JsonProcessingException e) {
            throw invalid(
                    "body",
                    "body: not JSON: "
                            + e.getOriginalMessage()
                            + (e.getLocation() == null
                                    ? ""
                                    : " at line "
                                            + e.getLocation().getLineNr()
                                            + ", column "
                                            + e.getLocation().getColumnNr())
                            + " (expected: a JSON object)");
        } catch (IOException e) {
            throw invalid("body", "body: not JSON (expected: a JSON object)");
        }
        if (value instanceof Map<?, ?> map) {
            JsonObject object = new JsonObject();
            map.forEach((name, member) -> object.put(String.valueOf(name), member));
            return object;
        }
        throw invalid("body", "body: " + SchemaText.shown(value) + " (expected: a JSON object)");
    }

    private static void check(String root, Form form, Object value) {
        OutputUnit result = form.validator().validate(value);
        if (!result.getValid()) {
            throw new ProblemException(Misfit.of(root, form.schema(), value, result));
        }
    }

    private static boolean isQuery(Input input) {
        return input.in() == Location.QUERY;
    }

    private static ProblemException invalid(String param, String message) {
        return new ProblemException(new Problem.InvalidRequest(param, message));
    }
}
