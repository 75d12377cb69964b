package mooring.limits;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a caller is told of the limits: of requests and of tokens the tightest one.
///
/// @param requests null when requests are not limited by the minute
/// @param tokens null when tokens are not limited
public record Allowance(@Nullable Room requests, @Nullable Room tokens) {

    /// Nothing is limited.
    public static final Allowance UNLIMITED = new Allowance(null, null);

    /// A limit, what is left of it, and when all of it is free again.
    public record Room(long limit, long remaining, Duration resetAfter) {}
}
