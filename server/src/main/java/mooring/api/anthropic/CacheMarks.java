package mooring.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import mooring.api.JsonFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Checks the places up to which a caller wants a prompt to be cached.
///
/// Engines here cache by themselves whatever begins alike, so a mark changes nothing; one that
/// Anthropic would refuse is refused all the same, and nothing is called written that no engine
/// reported.
final class CacheMarks {

    private static final int MOST = 4;
    private static final String LIVES = "\"5m\" or \"1h\"";

    private int found;

    private CacheMarks() {}

    /// @throws ProblemException naming the first mark that is wrong
    static void check(JsonFields request) {
        CacheMarks marks = new CacheMarks();
        marks.at(request);
        marks.blocks(request, "tools");
        marks.blocks(request, "system");
        JsonNode messages = request.get("messages");
        if (messages != null && messages.isArray()) {
            for (int i = 0; i < messages.size(); i++) {
                marks.blocks(new JsonFields(messages.get(i), "messages[" + i + "]."), "content");
            }
        }
        if (marks.found > MOST) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "cache_control", marks.found + " marks", "at most " + MOST));
        }
    }

    /// The blocks of an array; what is none is for others to refuse.
    private void blocks(JsonFields holder, String field) {
        JsonNode array = holder.get(field);
        if (array == null || !array.isArray()) {
            return;
        }
        for (int i = 0; i < array.size(); i++) {
            JsonNode node = array.get(i);
            if (node.isObject()) {
                JsonFields block = new JsonFields(node, holder.name(field) + "[" + i + "].");
                at(block);
                blocks(block, "content");
            }
        }
    }

    private void at(JsonFields block) {
        JsonNode mark = block.objectOf("cache_control");
        if (mark == null) {
            return;
        }
        String kind = block.object().path("type").asText();
        if (kind.equals("thinking") || kind.equals("redacted_thinking")) {
            throw block.refused("cache_control", mark, "none on a block of type " + kind);
        }
        JsonFields fields = new JsonFields(mark, block.name("cache_control") + ".");
        String type = fields.requiredText("type", "\"ephemeral\"");
        if (!type.equals("ephemeral")) {
            throw refused(fields, "type", type, "\"ephemeral\"");
        }
        String ttl = fields.text("ttl", LIVES);
        if (ttl != null && !ttl.equals("5m") && !ttl.equals("1h")) {
            throw refused(fields, "ttl", ttl, LIVES);
        }
        found++;
    }

    private static ProblemException refused(
            JsonFields fields, String field, String value, String expected) {
        return new ProblemException(
                Problem.InvalidRequest.of(fields.name(field), "\"" + value + "\"", expected));
    }
}
