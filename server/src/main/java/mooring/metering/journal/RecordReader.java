package mooring.metering.journal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;
import mooring.money.Currency;
import mooring.money.Money;

/// Reads values as [RecordWriter] wrote them, and nothing else. Each way to write a value is read
/// in one form only, so that what was read writes the same bytes again.
final class RecordReader {

    private static final int MAX_COUNT_BYTES = 10;
    private static final int NANOS_PER_SECOND = 1_000_000_000;

    private final ByteBuffer bytes;

    RecordReader(ByteBuffer bytes) {
        this.bytes = bytes.duplicate();
    }

    void end() {
        if (bytes.hasRemaining()) {
            throw new UnreadableException(
                    "%d bytes behind the end (expected: none)".formatted(bytes.remaining()));
        }
    }

    int octet(String field) {
        need(field, 1);
        return bytes.get() & 0xff;
    }

    int flags(String field, int known) {
        int value = octet(field);
        if ((value & ~known) != 0) {
            throw new UnreadableException(
                    "%s: bits %02x (expected: only those of %02x)".formatted(field, value, known));
        }
        return value;
    }

    /// All 64 bits, for [#number]; [#count] takes no negative ones.
    private long bits(String field) {
        long value = 0;
        for (int index = 0; index < MAX_COUNT_BYTES; index++) {
            int next = octet(field);
            value |= (long) (next & 0x7f) << (7 * index);
            if ((next & 0x80) == 0) {
                if ((index > 0 && next == 0) || (index == MAX_COUNT_BYTES - 1 && next > 1)) {
                    throw new UnreadableException(field + ": a number in more bytes than it takes");
                }
                return value;
            }
        }
        throw new UnreadableException(field + ": a number of more than 64 bits");
    }

    long count(String field) {
        long value = bits(field);
        if (value < 0) {
            throw new UnreadableException(
                    "%s: %s (expected: less than 2^63)"
                            .formatted(field, Long.toUnsignedString(value)));
        }
        return value;
    }

    int count(String field, int max) {
        long value = count(field);
        if (value > max) {
            throw new UnreadableException(
                    "%s: %d (expected: at most %d)".formatted(field, value, max));
        }
        return (int) value;
    }

    long number(String field) {
        long bits = bits(field);
        return (bits >>> 1) ^ -(bits & 1);
    }

    UUID uuid(String field) {
        need(field, 16);
        return new UUID(bytes.getLong(), bytes.getLong());
    }

    Instant instant(String field) {
        try {
            return Instant.ofEpochSecond(number(field), count(field, NANOS_PER_SECOND - 1));
        } catch (DateTimeException e) {
            throw new UnreadableException(field + ": " + e.getMessage());
        }
    }

    LocalDate date(String field) {
        try {
            return LocalDate.ofEpochDay(number(field));
        } catch (DateTimeException e) {
            throw new UnreadableException(field + ": " + e.getMessage());
        }
    }

    Money money(String field) {
        need(field, 3);
        int first = bytes.get();
        int second = bytes.get();
        int third = bytes.get();
        return new Money(number(field), currency(field, first, second, third));
    }

    String text(String field, int maxBytes) {
        int length = count(field, maxBytes);
        need(field, length);
        ByteBuffer utf8 = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw new UnreadableException(field + ": not UTF-8");
        }
    }

    private static Currency currency(String field, int first, int second, int third) {
        if (first == 'U' && second == 'S' && third == 'D') {
            return Currency.USD;
        }
        try {
            return new Currency("" + (char) first + (char) second + (char) third);
        } catch (IllegalArgumentException e) {
            throw new UnreadableException(field + ": " + e.getMessage());
        }
    }

    private void need(String field, int length) {
        if (bytes.remaining() < length) {
            throw new UnreadableException(
                    "%s: %d bytes left (expected: at least %d)"
                            .formatted(field, bytes.remaining(), length));
        }
    }
}
