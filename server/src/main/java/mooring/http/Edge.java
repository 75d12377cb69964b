package mooring.http;

import java.time.Duration;

/// What the public port grants every connection.
///
/// @param bodies the memory that request bodies share
/// @param headTimeout from the first byte of a request's head to its last
/// @param bodyTimeout from the permission to send a body to its last byte
/// @param secure whether callers come over TLS
/// @param origin from where callers are taken to come
/// @param discards where the rest of refused bodies goes
public record Edge(
        ByteBudget bodies,
        Duration headTimeout,
        Duration bodyTimeout,
        boolean secure,
        Origin origin,
        Discards discards) {

    public Edge(
            ByteBudget bodies,
            Duration headTimeout,
            Duration bodyTimeout,
            boolean secure,
            Origin origin) {
        this(bodies, headTimeout, bodyTimeout, secure, origin, new Discards());
    }

    /// What a port without TLS grants where nothing else is said.
    public static Edge plain() {
        return new Edge(
                ByteBudget.ofHeap(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                false,
                Origin.PEER);
    }
}
