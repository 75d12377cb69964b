package mooring.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.ValueNode;
import java.io.IOException;

/// A string value of a JSON text that was too long for its parser. It is known to be right, and is
/// decoded only for who asks for its characters.
public final class LongTextNode extends ValueNode {

    private static final long serialVersionUID = 1;

    private final transient byte[] json;
    private final int from;
    private final int length;
    private final long utf8Length;
    private final long chars;

    LongTextNode(byte[] json, int from, int length, long utf8Length, long chars) {
        this.json = json;
        this.from = from;
        this.length = length;
        this.utf8Length = utf8Length;
        this.chars = chars;
    }

    /// The JSON that it came in.
    public byte[] json() {
        return json;
    }

    /// Where its opening quote is there.
    public int from() {
        return from;
    }

    /// How many bytes it is there, with both quotes.
    public int length() {
        return length;
    }

    /// How many bytes the text is as UTF-8.
    public long utf8Length() {
        return utf8Length;
    }

    /// How many characters it has, as Java counts them.
    public long chars() {
        return chars;
    }

    @Override
    public String textValue() {
        return TextBytes.decode(json, from + 1, from + length - 1, Math.toIntExact(utf8Length));
    }

    @Override
    public String asText() {
        return textValue();
    }

    @Override
    public JsonNodeType getNodeType() {
        return JsonNodeType.STRING;
    }

    @Override
    public JsonToken asToken() {
        return JsonToken.VALUE_STRING;
    }

    @Override
    public void serialize(JsonGenerator out, SerializerProvider provider) throws IOException {
        out.writeString(textValue());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonNode node
                && node.isTextual()
                && node.textValue().equals(textValue());
    }

    @Override
    public int hashCode() {
        return textValue().hashCode();
    }
}
