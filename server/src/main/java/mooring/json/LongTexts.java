package mooring.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A JSON text whose long strings are taken out of it, to be checked in runs of bytes instead of
/// one character after the other: a prompt of megabytes is there in a tenth of the time. The parser
/// reads the rest, where each of them stands as an empty string, and a [LongTextNode] takes its
/// place in the tree.
public final class LongTexts {

    /// Shorter strings are no work for anybody.
    private static final int LONG_BYTES = 4 * 1024;

    private final byte[] rest;

    /// By the offset of their opening quote in the rest.
    private final Map<Long, LongTextNode> texts;

    private LongTexts(byte[] rest, Map<Long, LongTextNode> texts) {
        this.rest = rest;
        this.texts = texts;
    }

    /// @param json from now on nobody's to change: its texts are sent on from there
    /// @return null when there is something in a string that only the parser can judge: bytes that
    ///   are no UTF-8, half a surrogate pair, an unknown escape, no end
    public static @Nullable LongTexts takenOut(byte[] json) {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        Map<Long, LongTextNode> texts = new HashMap<>();
        StringCheck check = new StringCheck(json);
        int copied = 0;
        for (int quote = quote(json, 0); quote < json.length; ) {
            int start = quote + 1;
            int end = TextBytes.end(json, start, Math.min(json.length, start + LONG_BYTES));
            if (end < 0) {
                if (!check.passes(start) || isName(json, check.end() + 1)) {
                    return null;
                }
                end = check.end();
                rest.write(json, copied, start - copied);
                texts.put(
                        rest.size() - 1L,
                        new LongTextNode(
                                json, quote, end + 1 - quote, check.utf8Length(), check.chars()));
                copied = end;
            }
            quote = quote(json, end + 1);
        }
        rest.write(json, copied, json.length - copied);
        return new LongTexts(rest.toByteArray(), texts);
    }

    /// What is left of the JSON text.
    public byte[] rest() {
        return rest;
    }

    /// All of it, the long strings in their places.
    ///
    /// @throws IOException when it is no JSON; the place that it names is one of the rest
    public JsonNode tree() throws IOException {
        try (JsonParser parser = new Filled(Json.FACTORY.createParser(rest))) {
            return Json.MAPPER.reader().readTree(parser);
        }
    }

    /// A string value as it stands in another JSON, with its quotes.
    public static void writeQuoted(JsonGenerator json, byte[] bytes, int from, int length)
            throws IOException {
        TextBytes.before(json).write(bytes, from, length);
    }

    /// A string value, however long.
    public static void write(JsonGenerator json, String text) throws IOException {
        if (text.length() < LONG_BYTES) {
            json.writeString(text);
            return;
        }
        TextBytes.write(json, text);
    }

    /// How many bytes a text is as UTF-8.
    public static long utf8Length(String text) {
        return TextBytes.utf8Length(text);
    }

    private static int quote(byte[] json, int from) {
        int at = from;
        while (at < json.length && json[at] != '"') {
            at++;
        }
        return at;
    }

    private static boolean isName(byte[] json, int from) {
        int at = from;
        while (at < json.length && json[at] <= ' ' && json[at] > 0) {
            at++;
        }
        return at < json.length && json[at] == ':';
    }

    /// The rest's parser, for which a string that was taken out is a node already.
    private final class Filled extends JsonParserDelegate {

        private @Nullable LongTextNode node;

        Filled(JsonParser parser) {
            super(parser);
        }

        @Override
        public @Nullable JsonToken nextToken() throws IOException {
            JsonToken token = delegate.nextToken();
            node =
                    token == JsonToken.VALUE_STRING && delegate.getTextLength() == 0
                            ? texts.get(delegate.currentTokenLocation().getByteOffset())
                            : null;
            return node == null ? token : JsonToken.VALUE_EMBEDDED_OBJECT;
        }

        @Override
        public @Nullable JsonToken currentToken() {
            return node == null ? delegate.currentToken() : JsonToken.VALUE_EMBEDDED_OBJECT;
        }

        @Override
        public int currentTokenId() {
            return node == null ? delegate.currentTokenId() : JsonToken.VALUE_EMBEDDED_OBJECT.id();
        }

        @Override
        public @Nullable Object getEmbeddedObject() throws IOException {
            return node == null ? delegate.getEmbeddedObject() : node;
        }
    }
}
