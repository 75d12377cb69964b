package mooring.metering.store;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;
import mooring.ids.RequestId;

/// Request ids as instants: an id carries the millisecond at which its request began.
final class LogIds {

    private LogIds() {}

    /// The least id that a request of this millisecond can have.
    static RequestId first(Instant instant) {
        return new RequestId(new UUID(instant.toEpochMilli() << 16 | 0x7000L, 1L << 63));
    }

    static Instant began(RequestId id) {
        return id.began();
    }

    /// The day under which it is kept.
    static LocalDate day(RequestId id) {
        return began(id).atZone(ZoneOffset.UTC).toLocalDate();
    }

    static Instant start(LocalDate day) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    /// The older of the two; ids of version 7 are compared as PostgreSQL does, byte by byte.
    static RequestId earlier(RequestId a, RequestId b) {
        return compare(a, b) <= 0 ? a : b;
    }

    static int compare(RequestId a, RequestId b) {
        int high =
                Long.compareUnsigned(
                        a.uuid().getMostSignificantBits(), b.uuid().getMostSignificantBits());
        return high != 0
                ? high
                : Long.compareUnsigned(
                        a.uuid().getLeastSignificantBits(), b.uuid().getLeastSignificantBits());
    }
}
