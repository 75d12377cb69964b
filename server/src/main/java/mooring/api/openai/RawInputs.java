package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.inference.TextInput;

/// Decodes `prompt` and `input`: a text, tokens, or an array of either.
final class RawInputs {

    private static final int MAX_TOKENS = 4_000_000;

    private RawInputs() {}

    /// @param most how many inputs may come at once
    static List<TextInput> read(JsonFields fields, String field, int most, Sizes sizes) {
        String expected =
                "a text, an array of token numbers, or an array of 1.." + most + " of these";
        JsonNode node = fields.get(field);
        if (node == null) {
            throw fields.missing(field, expected);
        }
        if (!node.isArray() || (!node.isEmpty() && node.get(0).isNumber())) {
            return List.of(one(fields, field, node, expected, sizes));
        }
        if (node.isEmpty() || node.size() > most) {
            throw fields.refused(field, node, expected);
        }
        List<TextInput> inputs = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            inputs.add(one(fields, field + "[" + i + "]", node.get(i), expected, sizes));
        }
        return inputs;
    }

    private static TextInput one(
            JsonFields fields, String at, JsonNode node, String expected, Sizes sizes) {
        if (node.isTextual() && !node.textValue().isEmpty()) {
            return new TextInput.Text(sizes.add(node.textValue()));
        }
        if (!node.isArray() || node.isEmpty() || node.size() > MAX_TOKENS) {
            throw fields.refused(at, node, expected + "; none of them empty");
        }
        List<Integer> tokens = new ArrayList<>(node.size());
        for (JsonNode token : node) {
            if (!token.isInt() || token.intValue() < 0) {
                throw fields.refused(at, token, "token numbers of 0 or more");
            }
            tokens.add(token.intValue());
        }
        return new TextInput.Tokens(tokens);
    }
}
