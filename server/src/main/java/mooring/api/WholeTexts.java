package mooring.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Refuses texts with half a surrogate pair: JSON can write them, UTF-8 and engines cannot.
public final class WholeTexts {

    private WholeTexts() {}

    /// Whether there may be a surrogate at all, as an escape: its bytes are no UTF-8.
    static boolean doubtful(byte[] json) {
        for (int i = 0; i + 2 < json.length; i++) {
            if (json[i] == '\\'
                    && json[i + 1] == 'u'
                    && (json[i + 2] == 'd' || json[i + 2] == 'D')) {
                return true;
            }
        }
        return false;
    }

    /// @throws ProblemException when a text or a field's name is cut inside a character
    public static void require(JsonNode root) {
        Deque<JsonNode> left = new ArrayDeque<>();
        left.push(root);
        while (!left.isEmpty()) {
            JsonNode node = left.pop();
            if (node.isTextual()) {
                require(node.textValue());
            }
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                require(field.getKey());
                left.push(field.getValue());
            }
            if (node.isArray()) {
                node.forEach(left::push);
            }
        }
    }

    private static void require(String text) {
        int point;
        for (int i = 0; i < text.length(); i += Character.charCount(point)) {
            point = text.codePointAt(i);
            if (Character.getType(point) == Character.SURROGATE) {
                throw new ProblemException(
                        new Problem.InvalidRequest(
                                null,
                                "body: a text with "
                                        + "\\u%04x alone".formatted(point)
                                        + " (expected: surrogates in pairs)"));
            }
        }
    }
}
