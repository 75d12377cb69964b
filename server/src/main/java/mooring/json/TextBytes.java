package mooring.json;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What stands between the quotes of a JSON string, as UTF-8: looked through eight bytes at a time,
/// and copied in runs from one escape to the next.
public final class TextBytes {

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long QUOTES = '"' * ONES;
    private static final long SLASHES = '\\' * ONES;
    private static final long SPACES = ' ' * ONES;

    private static final int HEX_DIGITS = 4;

    /// Bytes that an escape takes at most: backslash, `u` and the digits.
    static final int LONGEST_ESCAPE = 2 + HEX_DIGITS;

    /// A character is three bytes of UTF-8 at most, and one that is escaped six.
    private static final int PIECE_CHARS = 8 * 1024;

    /// Shorter texts are counted without making anything.
    private static final int COUNTED_CHARS = 512;

    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private TextBytes() {}

    /// What stands between the quotes of a short text. Half of a surrogate pair becomes a question
    /// mark.
    public static byte[] escaped(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (special(utf8, 0, utf8.length) == utf8.length) {
            return utf8;
        }
        byte[] escaped = new byte[utf8.length * LONGEST_ESCAPE];
        return Arrays.copyOf(escaped, escape(utf8, escaped));
    }

    /// Where the closing quote is; -1 when it is not before `to`.
    static int end(byte[] json, int from, int to) {
        int at = special(json, from, to);
        while (at < to && json[at] == '\\') {
            at = special(json, at + 2, to);
        }
        return at < to && json[at] == '"' ? at : -1;
    }

    /// The text between two quotes, all of it known to be right.
    ///
    /// @param utf8Length how many bytes it is without its escapes
    static String decode(byte[] json, int from, int to, int utf8Length) {
        if (utf8Length == to - from) {
            return new String(json, from, to - from, StandardCharsets.UTF_8);
        }
        byte[] plain = new byte[utf8Length];
        int length = 0;
        int start = from;
        for (int slash = special(json, from, to); slash < to; slash = special(json, start, to)) {
            System.arraycopy(json, start, plain, length, slash - start);
            length += slash - start;
            start = slash + 2;
            byte letter = json[slash + 1];
            switch (letter) {
                case 'b' -> plain[length++] = '\b';
                case 'f' -> plain[length++] = '\f';
                case 'n' -> plain[length++] = '\n';
                case 'r' -> plain[length++] = '\r';
                case 't' -> plain[length++] = '\t';
                case 'u' -> {
                    int point = codePoint(json, start);
                    byte[] bytes = Character.toString(point).getBytes(StandardCharsets.UTF_8);
                    System.arraycopy(bytes, 0, plain, length, bytes.length);
                    length += bytes.length;
                    start += escapeLength(point) - 2;
                }
                default -> plain[length++] = letter;
            }
        }
        System.arraycopy(json, start, plain, length, to - start);
        return new String(plain, StandardCharsets.UTF_8);
    }

    /// Of a code point, its backslash and `u` with it; twice that for the two that make a pair.
    static int escapeLength(int point) {
        return Character.isSupplementaryCodePoint(point) ? 2 * LONGEST_ESCAPE : LONGEST_ESCAPE;
    }

    /// Writes it as a string value, piece by piece, each of which stays in the processor's caches.
    ///
    /// @param text without halves of surrogate pairs
    static void write(JsonGenerator json, String text) throws IOException {
        OutputStream out = before(json);
        byte[] escaped = new byte[PIECE_CHARS * LONGEST_ESCAPE];
        out.write('"');
        for (int from = 0; from < text.length(); ) {
            int to = pieceEnd(text, from);
            byte[] utf8 = text.substring(from, to).getBytes(StandardCharsets.UTF_8);
            out.write(escaped, 0, escape(utf8, escaped));
            from = to;
        }
        out.write('"');
    }

    /// Where the next value goes; the generator has written what stands before it, and does not
    /// write this one.
    static OutputStream before(JsonGenerator json) throws IOException {
        if (!(json.getOutputTarget() instanceof OutputStream out)) {
            throw new IllegalStateException("writes to no stream of bytes");
        }
        json.writeRawValue("");
        json.flush();
        return out;
    }

    /// Bytes as UTF-8.
    static long utf8Length(String text) {
        if (text.length() < COUNTED_CHARS) {
            return counted(text);
        }
        long length = 0;
        for (int from = 0; from < text.length(); ) {
            int to = pieceEnd(text, from);
            length += text.substring(from, to).getBytes(StandardCharsets.UTF_8).length;
            from = to;
        }
        return length;
    }

    private static long counted(String text) {
        long length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                length++;
            } else if (c < 0x800 || Character.isSurrogate(c)) {
                // A surrogate is half of a code point of four bytes.
                length += 2;
            } else {
                length += 3;
            }
        }
        return length;
    }

    /// Not inside a code point.
    private static int pieceEnd(String text, int from) {
        int to = Math.min(from + PIECE_CHARS, text.length());
        return to < text.length() && Character.isHighSurrogate(text.charAt(to - 1)) ? to - 1 : to;
    }

    private static int escape(byte[] utf8, byte[] out) {
        int length = 0;
        int from = 0;
        while (from < utf8.length) {
            int at = special(utf8, from, utf8.length);
            System.arraycopy(utf8, from, out, length, at - from);
            length += at - from;
            if (at < utf8.length) {
                length = escape(utf8[at], out, length);
            }
            from = at + 1;
        }
        return length;
    }

    static int escape(byte special, byte[] out, int length) {
        byte letter =
                switch (special) {
                    case '"', '\\' -> special;
                    case '\b' -> 'b';
                    case '\f' -> 'f';
                    case '\n' -> 'n';
                    case '\r' -> 'r';
                    case '\t' -> 't';
                    default -> 'u';
                };
        int at = length;
        out[at++] = '\\';
        out[at++] = letter;
        if (letter == 'u') {
            out[at++] = '0';
            out[at++] = '0';
            out[at++] = DIGITS[special >> 4];
            out[at++] = DIGITS[special & 0xF];
        }
        return at;
    }

    /// Of an escape, its `u` read already, or of two that make a pair; -1 when that is not right.
    static int codePoint(byte[] json, int at) {
        int first = hex(json, at);
        if (first < 0 || !Character.isSurrogate((char) first)) {
            return first;
        }
        int behind = at + HEX_DIGITS;
        if (behind + 1 >= json.length || json[behind] != '\\' || json[behind + 1] != 'u') {
            return -1;
        }
        int second = hex(json, behind + 2);
        boolean pair = second >= 0 && Character.isSurrogatePair((char) first, (char) second);
        return pair ? Character.toCodePoint((char) first, (char) second) : -1;
    }

    private static int hex(byte[] json, int at) {
        if (at + HEX_DIGITS > json.length) {
            return -1;
        }
        int value = 0;
        for (int i = at; i < at + HEX_DIGITS; i++) {
            int digit = json[i] < 0 ? -1 : Character.digit(json[i], 16);
            if (digit < 0) {
                return -1;
            }
            value = (value << 4) | digit;
        }
        return value;
    }

    /// The first byte that is no ASCII, or a quote, backslash or control character; `to` when there
    /// is none.
    static int unusual(byte[] bytes, int from, int to) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            long eight = (long) LONGS.get(bytes, at);
            long found = specials(eight) | (eight & HIGHS);
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (at < to && bytes[at] != '"' && bytes[at] != '\\' && bytes[at] >= ' ') {
            at++;
        }
        return Math.min(at, to);
    }

    /// The first quote, backslash or control character; `to` when there is none.
    static int special(byte[] bytes, int from, int to) {
        int at = from;
        for (; at + Long.BYTES <= to; at += Long.BYTES) {
            long eight = (long) LONGS.get(bytes, at);
            long found = specials(eight);
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (at < to && bytes[at] != '"' && bytes[at] != '\\' && (bytes[at] & 0xFF) >= ' ') {
            at++;
        }
        return Math.min(at, to);
    }

    /// The first byte that is no ASCII; `to` when there is none.
    static int beyondAscii(byte[] bytes, int from, int to) {
        int at = from;
        while (at + Long.BYTES <= to && ((long) LONGS.get(bytes, at) & HIGHS) == 0) {
            at += Long.BYTES;
        }
        while (at < to && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    /// The high bit is set of each byte that is a quote, a backslash or less than a space, and
    /// falsely of bytes above one of those, by a borrow: the lowest counts.
    private static long specials(long eight) {
        long quote = eight ^ QUOTES;
        long slash = eight ^ SLASHES;
        return (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | ((eight - SPACES) & ~eight))
                & HIGHS;
    }
}
