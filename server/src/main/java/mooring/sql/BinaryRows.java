package mooring.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/// New rows of one table in PostgreSQL's binary form, copied in at once: the cheapest way for many
/// columns. Values are given row by row, in the order of the columns.
public final class BinaryRows {

    private static final byte[] SIGNATURE = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0
    };

    private static final byte JSONB_VERSION = 1;
    private static final int INT8_OID = 20;

    private final String table;
    private final String columns;
    private final short width;
    private ByteBuffer buffer;

    /// @param columns their names, separated by commas
    public BinaryRows(String table, String columns, int expectedRows) {
        this.table = table;
        this.columns = columns;
        this.width = (short) columns.split(",").length;
        this.buffer = ByteBuffer.wrap(new byte[Math.max(1_024, expectedRows * width * 16)]);
        buffer.put(SIGNATURE).putInt(0).putInt(0);
    }

    /// Begins the next row.
    public BinaryRows row() {
        room(2).putShort(width);
        return this;
    }

    public BinaryRows uuid(@Nullable UUID value) {
        if (value == null) {
            return none();
        }
        room(20).putInt(16)
                .putLong(value.getMostSignificantBits())
                .putLong(value.getLeastSignificantBits());
        return this;
    }

    public BinaryRows int8(long value) {
        room(12).putInt(8).putLong(value);
        return this;
    }

    public BinaryRows int2(int value) {
        room(6).putInt(2).putShort(PostgresForm.int2(value));
        return this;
    }

    public BinaryRows bool(boolean value) {
        room(5).putInt(1).put((byte) (value ? 1 : 0));
        return this;
    }

    public BinaryRows timestamptz(Instant value) {
        return int8(PostgresForm.micros(value));
    }

    public BinaryRows date(LocalDate value) {
        room(8).putInt(4).putInt(PostgresForm.days(value));
        return this;
    }

    public BinaryRows text(@Nullable String value) {
        if (value == null) {
            return none();
        }
        byte[] bytes = value.getBytes(UTF_8);
        room(4 + bytes.length).putInt(bytes.length).put(bytes);
        return this;
    }

    public BinaryRows jsonb(@Nullable String value) {
        if (value == null) {
            return none();
        }
        byte[] bytes = value.getBytes(UTF_8);
        room(5 + bytes.length).putInt(bytes.length + 1).put(JSONB_VERSION).put(bytes);
        return this;
    }

    public BinaryRows int8s(long... values) {
        room(24 + 12 * values.length).putInt(20 + 12 * values.length);
        buffer.putInt(1).putInt(0).putInt(INT8_OID).putInt(values.length).putInt(1);
        for (long value : values) {
            buffer.putInt(8).putLong(value);
        }
        return this;
    }

    /// Inserts the rows; all or none.
    public void copy(Handle handle) {
        room(2).putShort((short) -1);
        String sql = "COPY " + table + " (" + columns + ") FROM STDIN BINARY";
        try {
            CopyIn copy =
                    handle.getConnection().unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
            try {
                copy.writeToCopy(buffer.array(), 0, buffer.position());
                copy.endCopy();
            } finally {
                if (copy.isActive()) {
                    copy.cancelCopy();
                }
            }
        } catch (SQLException e) {
            throw new UnableToExecuteStatementException(e.getMessage(), e, null);
        }
    }

    private BinaryRows none() {
        room(4).putInt(-1);
        return this;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int used = buffer.position();
            int larger = Math.addExact(Math.max(used, bytes), Math.addExact(used, bytes));
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), larger)).position(used);
        }
        return buffer;
    }
}
