package mooring.sql;

import java.time.Instant;
import java.time.LocalDate;

/// Values as PostgreSQL's binary form has them.
final class PostgresForm {

    /// The instant from which it counts: 2000-01-01.
    private static final long EPOCH_SECONDS = 946_684_800L;

    private PostgresForm() {}

    static long micros(Instant instant) {
        long seconds = Math.subtractExact(instant.getEpochSecond(), EPOCH_SECONDS);
        return Math.addExact(Math.multiplyExact(seconds, 1_000_000L), instant.getNano() / 1_000);
    }

    static int days(LocalDate day) {
        return Math.toIntExact(day.toEpochDay() - EPOCH_SECONDS / 86_400);
    }

    static short int2(long value) {
        if (value != (short) value) {
            throw new IllegalArgumentException("int2: " + value + " (expected: 16 bits)");
        }
        return (short) value;
    }
}
