package mooring.json;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// JSON on its way into UTF-8, for answers that are written thousands of times a second: names are
/// made ready once and copied, where a generator would look at each of their letters every time.
///
/// Commas come by themselves. Whether every bracket is closed is the writer's business.
public final class JsonBytes {

    /// Digits of the longest number, with its sign.
    private static final int LONGEST_NUMBER = 20;

    private static final byte[] NULL = ascii("null");

    private final ByteBuf buffer;

    /// The buffer's own, until it grows.
    private byte[] bytes;

    private int length;

    /// A field's name as it is written: its quotes and its colon with it.
    public static final class Name {

        private final byte[] bytes;

        private Name(byte[] bytes) {
            this.bytes = bytes;
        }

        public static Name of(String name) {
            JsonBytes json = new JsonBytes(name.length() + 3);
            json.quoted(name);
            json.one(':');
            return new Name(json.copy());
        }
    }

    /// @param room bytes that it probably takes; more are found when needed
    public JsonBytes(int room) {
        buffer = Unpooled.buffer(room);
        bytes = buffer.array();
    }

    public JsonBytes beginObject() {
        return between().one('{');
    }

    public JsonBytes beginObject(Name name) {
        return name(name).one('{');
    }

    public JsonBytes endObject() {
        return one('}');
    }

    public JsonBytes beginArray(Name name) {
        return name(name).one('[');
    }

    public JsonBytes endArray() {
        return one(']');
    }

    /// Half of a surrogate pair becomes a question mark.
    public JsonBytes text(Name name, String value) {
        return name(name).quoted(value);
    }

    public JsonBytes number(Name name, long value) {
        return name(name).digits(value);
    }

    public JsonBytes nothing(Name name) {
        return name(name).ready(NULL);
    }

    /// @param json one value, as it stands
    public JsonBytes raw(Name name, String json) {
        return name(name).ready(json.getBytes(StandardCharsets.UTF_8));
    }

    /// A field that few answers have.
    ///
    /// @param json one value, as it stands
    public JsonBytes raw(String name, String json) {
        between().quoted(name).one(':');
        return ready(json.getBytes(StandardCharsets.UTF_8));
    }

    /// Bytes as they are, without a comma before them.
    public JsonBytes ready(byte[] part) {
        room(part.length);
        System.arraycopy(part, 0, bytes, length, part.length);
        length += part.length;
        return this;
    }

    /// All that was written, which others may append to. Nothing may be written here afterwards:
    /// the bytes are not copied.
    public Buffer buffer() {
        return BufferInternal.buffer(buffer.writerIndex(length));
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, length);
    }

    private JsonBytes name(Name name) {
        return between().ready(name.bytes);
    }

    /// The comma between two of an object's fields, or an array's elements.
    private JsonBytes between() {
        if (length == 0) {
            return this;
        }
        byte last = bytes[length - 1];
        return last == '{' || last == '[' || last == ',' ? this : one(',');
    }

    private JsonBytes quoted(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        room(utf8.length + 2);
        bytes[length++] = '"';
        for (int from = 0; from < utf8.length; ) {
            int special = TextBytes.special(utf8, from, utf8.length);
            room(special - from + TextBytes.LONGEST_ESCAPE);
            System.arraycopy(utf8, from, bytes, length, special - from);
            length += special - from;
            if (special < utf8.length) {
                length = TextBytes.escape(utf8[special], bytes, length);
            }
            from = special + 1;
        }
        return one('"');
    }

    private JsonBytes digits(long value) {
        if (value < 0) {
            return ready(ascii(Long.toString(value)));
        }
        room(LONGEST_NUMBER);
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        long rest = value;
        for (int at = length + digits - 1; at >= length; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
        return this;
    }

    private JsonBytes one(char letter) {
        room(1);
        bytes[length++] = (byte) letter;
        return this;
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            buffer.writerIndex(length).ensureWritable(more);
            bytes = buffer.array();
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
