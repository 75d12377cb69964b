package mooring.ids;

import java.time.Instant;
import java.util.UUID;

/// One request of a caller, minted by the gateway: `req_…`.
public record RequestId(UUID uuid) {

    private static final String PREFIX = "req_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static RequestId parse(String text) {
        return new RequestId(PrefixedId.parse(PREFIX, text));
    }

    /// The instant at which the request began, to the millisecond.
    public Instant began() {
        return Instant.ofEpochMilli(uuid.getMostSignificantBits() >>> 16);
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
