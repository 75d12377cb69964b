package mooring.http;

import java.time.Duration;

/// What the public port grants every connection.
///
/// @param bodies the memory that request bodies share
/// @param headTimeout from the first byte of a request's head to its last
/// @param bodyTimeout from the permission to send a body to its last byte
/// @param secure whether callers come over TLS
public record Edge(ByteBudget bodies, Duration headTimeout, Duration bodyTimeout, boolean secure) {

    /// What a port without TLS grants where nothing else is said.
    public static Edge plain() {
        return new Edge(ByteBudget.ofHeap(), Duration.ofSeconds(10), Duration.ofSeconds(60), false);
    }
}
