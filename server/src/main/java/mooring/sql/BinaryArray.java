package mooring.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;

/// An array in PostgreSQL's binary form, which costs both sides a fraction of the text form. A
/// connection that was not opened for it gets text.
final class BinaryArray extends PGobject implements PGBinaryObject {
    private static final long serialVersionUID = 1;

    /// What the driver does not send in binary form unless it is asked to: arrays of bool, date,
    /// timestamptz and uuid.
    static final String EXTRA_TYPES = "1000,1182,1185,2951";

    private static final int EMPTY = 12;
    private static final int HEADER = 20;

    private final transient byte[] bytes;
    private final transient @Nullable Object[] values;

    private BinaryArray(String type, @Nullable Object[] values, byte[] bytes) {
        this.type = "_" + type;
        this.values = values;
        this.bytes = bytes;
    }

    static BinaryArray of(String type, @Nullable Object[] values) {
        return new BinaryArray(
                type,
                values,
                switch (type) {
                    case "uuid" -> fixed(2950, 16, values, BinaryArray::putUuid);
                    case "int8" -> fixed(20, 8, values, (b, v) -> b.putLong(number(v)));
                    case "int2" ->
                            fixed(
                                    21,
                                    2,
                                    values,
                                    (b, v) -> b.putShort(PostgresForm.int2(number(v))));
                    case "bool" ->
                            fixed(16, 1, values, (b, v) -> b.put((byte) ((boolean) v ? 1 : 0)));
                    case "timestamptz" -> fixed(1184, 8, values, (b, v) -> b.putLong(micros(v)));
                    case "date" ->
                            fixed(
                                    1082,
                                    4,
                                    values,
                                    (b, v) -> b.putInt(PostgresForm.days((LocalDate) v)));
                    case "text" -> texts(values);
                    default -> throw new IllegalArgumentException("array of " + type);
                });
    }

    @Override
    public int lengthInBytes() {
        return bytes.length;
    }

    @Override
    public void toBytes(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, bytes.length);
    }

    @Override
    public void setByteValue(byte[] value, int offset) throws SQLException {
        throw new SQLException("an array that is only sent");
    }

    @Override
    public String getValue() {
        StringBuilder text = new StringBuilder("{");
        for (Object value : values) {
            text.append(text.length() == 1 ? "" : ",");
            if (value == null) {
                text.append("NULL");
            } else {
                String plain = value.toString().replace("\\", "\\\\").replace("\"", "\\\"");
                text.append('"').append(plain).append('"');
            }
        }
        return text.append('}').toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public Object clone() {
        return this;
    }

    private interface Put {
        void put(ByteBuffer buffer, Object value);
    }

    private static byte[] fixed(int oid, int width, @Nullable Object[] values, Put put) {
        int nulls = 0;
        for (Object value : values) {
            nulls += value == null ? 1 : 0;
        }
        int size = Math.multiplyExact(values.length, 4 + width) - nulls * width;
        byte[] bytes = new byte[values.length == 0 ? EMPTY : Math.addExact(HEADER, size)];
        ByteBuffer buffer = header(bytes, oid, values.length, nulls > 0);
        for (Object value : values) {
            if (value == null) {
                buffer.putInt(-1);
            } else {
                put.put(buffer.putInt(width), value);
            }
        }
        return bytes;
    }

    private static byte[] texts(@Nullable Object[] values) {
        byte[] @Nullable [] encoded = new byte[values.length][];
        boolean nulls = false;
        int size = 0;
        for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            if (value == null) {
                nulls = true;
            } else {
                byte[] text = ((String) value).getBytes(UTF_8);
                encoded[i] = text;
                size = Math.addExact(size, text.length);
            }
        }
        size = Math.addExact(size, 4 * values.length);
        byte[] bytes = new byte[values.length == 0 ? EMPTY : Math.addExact(HEADER, size)];
        ByteBuffer buffer = header(bytes, 25, values.length, nulls);
        for (byte[] text : encoded) {
            if (text == null) {
                buffer.putInt(-1);
            } else {
                buffer.putInt(text.length).put(text);
            }
        }
        return bytes;
    }

    private static ByteBuffer header(byte[] bytes, int oid, int length, boolean nulls) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.putInt(length == 0 ? 0 : 1).putInt(nulls ? 1 : 0).putInt(oid);
        return length == 0 ? buffer : buffer.putInt(length).putInt(1);
    }

    private static void putUuid(ByteBuffer buffer, Object value) {
        UUID uuid = (UUID) value;
        buffer.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    }

    private static long number(Object value) {
        return ((Number) value).longValue();
    }

    private static long micros(Object value) {
        Instant instant = value instanceof Instant known ? known : Instant.parse((String) value);
        return PostgresForm.micros(instant);
    }
}
