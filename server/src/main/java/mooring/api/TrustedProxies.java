package mooring.api;

import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import mooring.accounts.Network;
import mooring.http.Origin;

/// Proxies whose word in `X-Forwarded-For` is taken: a request comes from the peer, or behind them
/// from the last hop that is none of them.
public final class TrustedProxies implements Origin {

    private static final int MAX_PROXIES = 16;

    private final List<Network> proxies;

    public TrustedProxies(List<Network> proxies) {
        this.proxies = List.copyOf(proxies);
    }

    @Override
    public String of(HttpServerRequest request) {
        String address = PEER.of(request);
        if (proxies.isEmpty()) {
            return address;
        }
        List<String> hops =
                request.headers().getAll("x-forwarded-for").stream()
                        .flatMap(line -> List.of(line.split(",", MAX_PROXIES)).stream())
                        .map(String::strip)
                        .toList();
        int hop = hops.size();
        while (hop > 0 && trusted(address)) {
            hop--;
            address = hops.get(hop);
        }
        return address;
    }

    private boolean trusted(String address) {
        for (Network proxy : proxies) {
            if (proxy.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
