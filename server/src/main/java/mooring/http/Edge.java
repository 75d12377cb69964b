package mooring.http;

import java.time.Duration;

/// What the public port grants every connection.
///
/// @param bodies the memory that request bodies share
/// @param headTimeout from the first byte of a request's head to its last
/// @param bodyTimeout from the permission to send a body to its last byte
/// @param secure whether callers come over TLS
/// @param discards where the rest of refused bodies goes
public record Edge(
        ByteBudget bodies,
        Duration headTimeout,
        Duration bodyTimeout,
        boolean secure,
        Discards discards) {

    public Edge(ByteBudget bodies, Duration headTimeout, Duration bodyTimeout, boolean secure) {
        this(bodies, headTimeout, bodyTimeout, secure, new Discards());
    }

    /// What a port without TLS grants where nothing else is said.
    public static Edge plain() {
        return new Edge(ByteBudget.ofHeap(), Duration.ofSeconds(10), Duration.ofSeconds(60), false);
    }
}
