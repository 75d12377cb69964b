package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// The items before a kept response, as a list in pages.
final class InputItems {

    private static final int MOST = 100;
    private static final int USUAL = 20;

    private InputItems() {}

    /// The items as they are kept: each with a type, an id, and its texts as parts.
    static ArrayNode normal(ArrayNode items, String digits) {
        ArrayNode normal = Json.MAPPER.createArrayNode();
        for (JsonNode item : items) {
            ObjectNode one = ((ObjectNode) item).deepCopy();
            if (!one.hasNonNull("type")) {
                one.put("type", "message");
            }
            if (!one.hasNonNull("id")) {
                one.put("id", "item_%s%04x".formatted(digits, normal.size()));
            }
            if (one.path("content").isTextual()) {
                boolean assistant = one.path("role").asText().equals("assistant");
                String text = one.path("content").textValue();
                ObjectNode part = one.putArray("content").addObject();
                part.put("type", assistant ? "output_text" : "input_text").put("text", text);
                if (assistant) {
                    part.putArray("annotations");
                    part.putArray("logprobs");
                }
            }
            normal.add(one);
        }
        return normal;
    }

    /// @param after the id behind which the page begins
    static ObjectNode page(
            ArrayNode items,
            @Nullable String order,
            @Nullable String limit,
            @Nullable String after) {
        List<JsonNode> sorted = new ArrayList<>();
        items.forEach(sorted::add);
        if (order == null || order.equals("desc")) {
            sorted = sorted.reversed();
        } else if (!order.equals("asc")) {
            throw refused("order", order, "\"asc\" or \"desc\"");
        }
        int from = 0;
        if (after != null) {
            from =
                    sorted.stream().map(item -> item.path("id").asText()).toList().indexOf(after)
                            + 1;
            if (from == 0) {
                throw refused("after", after, "the id of an item of this response");
            }
        }
        int to = Math.min(sorted.size(), from + count(limit));
        List<JsonNode> page = sorted.subList(from, to);
        ObjectNode list = Json.MAPPER.createObjectNode().put("object", "list");
        list.putArray("data").addAll(page);
        list.set("first_id", page.isEmpty() ? null : page.getFirst().get("id"));
        list.set("last_id", page.isEmpty() ? null : page.getLast().get("id"));
        return list.put("has_more", to < sorted.size());
    }

    private static int count(@Nullable String limit) {
        if (limit == null) {
            return USUAL;
        }
        if (!limit.matches("[0-9]{1,3}")
                || Integer.parseInt(limit) < 1
                || Integer.parseInt(limit) > MOST) {
            throw refused("limit", limit, "a whole number 1.." + MOST);
        }
        return Integer.parseInt(limit);
    }

    private static ProblemException refused(String field, String value, String expected) {
        return new ProblemException(
                Problem.InvalidRequest.of(field, "\"" + value + "\"", expected));
    }
}
