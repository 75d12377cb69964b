package mooring.sql;

import java.util.Collection;
import java.util.function.Function;
import org.jdbi.v3.core.argument.Argument;
import org.jspecify.annotations.Nullable;

/// Columns of many rows as PostgreSQL arrays, so that one statement with `unnest` carries a batch.
public final class SqlArrays {

    private SqlArrays() {}

    /// One column: `value` of every row, as an array of the PostgreSQL type `type`, in binary form.
    ///
    /// @param type uuid, text, int2, int8, bool, date or timestamptz; with the values UUID, String,
    ///   Number, Boolean, LocalDate and Instant
    public static <T> Argument column(
            String type,
            Collection<T> rows,
            Function<? super T, ? extends @Nullable Object> value) {
        @Nullable Object[] values = new Object[rows.size()];
        int i = 0;
        for (T row : rows) {
            values[i++] = value.apply(row);
        }
        BinaryArray array = BinaryArray.of(type, values);
        return (position, statement, _) -> statement.setObject(position, array);
    }
}
