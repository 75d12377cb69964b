package mooring.metering.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import mooring.money.Money;

/// Writes values into one buffer, over and over. For one thread.
final class RecordWriter {

    private static final int SEVEN_BITS = 0x7f;
    private static final int MORE = 0x80;

    private final ByteBuffer bytes;

    RecordWriter(int capacity) {
        bytes = ByteBuffer.allocate(capacity);
    }

    void begin() {
        bytes.clear();
    }

    /// What was written; valid until the next `begin`.
    ByteBuffer done() {
        return bytes.flip();
    }

    void octet(int value) {
        bytes.put((byte) value);
    }

    /// A count, seven bits to the byte, the lowest first.
    void count(long value) {
        long left = value;
        while ((left & ~SEVEN_BITS) != 0) {
            bytes.put((byte) ((left & SEVEN_BITS) | MORE));
            left >>>= 7;
        }
        bytes.put((byte) left);
    }

    /// A number that may be negative: 0, -1, 1, -2 … as counts 0, 1, 2, 3 ….
    void number(long value) {
        count((value << 1) ^ (value >> 63));
    }

    void uuid(UUID value) {
        bytes.putLong(value.getMostSignificantBits());
        bytes.putLong(value.getLeastSignificantBits());
    }

    void instant(Instant value) {
        number(value.getEpochSecond());
        count(value.getNano());
    }

    void money(Money value) {
        String code = value.currency().code();
        octet(code.charAt(0));
        octet(code.charAt(1));
        octet(code.charAt(2));
        number(value.nanos());
    }

    /// A text that decides something: refused when it is too long.
    void name(String field, String value, int maxBytes) {
        if (ascii(value)) {
            require(field, value.length(), maxBytes);
            asciiText(value, value.length());
        } else {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            require(field, utf8.length, maxBytes);
            text(utf8, utf8.length);
        }
    }

    /// A text that only describes: cut when it is too long, so that no record fails by it.
    void note(String value, int maxBytes) {
        if (ascii(value)) {
            asciiText(value, Math.min(value.length(), maxBytes));
            return;
        }
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(utf8.length, maxBytes);
        // Never within a character.
        while (length < utf8.length && length > 0 && (utf8[length] & 0xc0) == 0x80) {
            length--;
        }
        text(utf8, length);
    }

    private void text(byte[] utf8, int length) {
        count(length);
        bytes.put(utf8, 0, length);
    }

    private void asciiText(String value, int length) {
        count(length);
        for (int index = 0; index < length; index++) {
            bytes.put((byte) value.charAt(index));
        }
    }

    private static boolean ascii(String value) {
        for (int index = 0; index < value.length(); index++) {
            if (value.charAt(index) > SEVEN_BITS) {
                return false;
            }
        }
        return true;
    }

    private static void require(String field, int length, int maxBytes) {
        if (length > maxBytes) {
            throw new IllegalArgumentException(
                    "%s: %d bytes (expected: at most %d)".formatted(field, length, maxBytes));
        }
    }
}
