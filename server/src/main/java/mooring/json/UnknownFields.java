package mooring.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// The fields of a body that nobody reads.
///
/// A long conversation can hold the same one in every message: each is named once, without its
/// place in arrays, as in `messages[].mood`.
public final class UnknownFields {

    /// More say nothing more to whoever reads them.
    static final int MOST = 64;

    private static final int MAX_NAME_CHARS = 64;
    private static final Pattern INDEX = Pattern.compile("\\[[0-9]+]");

    private UnknownFields() {}

    /// @param at where the object stands, `messages[3].`
    /// @param known fields that are read, or that may be sent without effect
    /// @param into where the names of the others are added
    public static void note(JsonNode object, String at, Set<String> known, List<String> into) {
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            String name = field.getKey();
            if (!known.contains(name) && !field.getValue().isNull() && into.size() < MOST) {
                String shown =
                        INDEX.matcher(at).replaceAll("[]")
                                + (name.length() > MAX_NAME_CHARS
                                        ? name.substring(0, MAX_NAME_CHARS) + "..."
                                        : name);
                if (!into.contains(shown)) {
                    into.add(shown);
                }
            }
        }
    }
}
