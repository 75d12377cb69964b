package mooring.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Set;

/// Lets pages of origins that the operator named call the API from a browser; others get no
/// permission, and none is given by default. Before all other doors.
public final class CrossOrigin implements Door {

    private static final String METHODS = "GET, POST, PUT, PATCH, DELETE";

    /// What pages may read beyond the body.
    private static final String EXPOSED =
            "x-request-id, request-id, retry-after, retry-after-ms, x-should-retry,"
                    + " x-mooring-ignored-fields,"
                    + " x-ratelimit-limit-requests, x-ratelimit-remaining-requests,"
                    + " x-ratelimit-reset-requests, x-ratelimit-limit-tokens,"
                    + " x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens,"
                    + " idempotent-replayed, idempotent-request-id";

    /// How long a browser remembers a permission, in seconds.
    private static final String REMEMBERED = "600";

    private static final int MAX_HEADERS_CHARS = 1_024;

    private final Set<String> origins;

    /// @param origins as browsers send them: scheme, host and port, no path
    public CrossOrigin(List<String> origins) {
        this.origins = Set.copyOf(origins);
    }

    @Override
    public boolean open(Exchange exchange) {
        if (origins.isEmpty()) {
            return false;
        }
        HttpServerRequest request = exchange.request();
        HttpServerResponse response = exchange.response();
        // A cache in between must not give one origin's answer to another.
        response.putHeader("vary", "origin");
        String origin = request.getHeader("origin");
        if (origin == null || !origins.contains(origin)) {
            return false;
        }
        response.putHeader("access-control-allow-origin", origin);
        if (!request.method().name().equals("OPTIONS")
                || request.getHeader("access-control-request-method") == null) {
            response.putHeader("access-control-expose-headers", EXPOSED);
            return false;
        }
        String headers = request.getHeader("access-control-request-headers");
        if (headers != null
                && headers.length() <= MAX_HEADERS_CHARS
                && headers.matches("[A-Za-z0-9, _-]*")) {
            response.putHeader("access-control-allow-headers", headers);
        }
        response.putHeader("access-control-allow-methods", METHODS)
                .putHeader("access-control-max-age", REMEMBERED)
                .setStatusCode(204)
                .end();
        return true;
    }
}
