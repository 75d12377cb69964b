package mooring.http;

import io.vertx.core.http.HttpServerRequest;

/// Tells from which address a request comes.
@FunctionalInterface
public interface Origin {

    /// Whoever is at the other end of the connection.
    Origin PEER = request -> request.remoteAddress().hostAddress();

    String of(HttpServerRequest request);
}
