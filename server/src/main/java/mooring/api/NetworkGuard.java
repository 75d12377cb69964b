package mooring.api;

import java.util.List;
import java.util.function.BiConsumer;
import mooring.accounts.KeyHash;
import mooring.accounts.KnownKeys;
import mooring.accounts.KnownNetworks;
import mooring.accounts.Network;
import mooring.accounts.Principal;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.problem.Problem;

/// Turns away whoever uses an organization's key from a network that it did not name. Before the
/// doors of every dialect, so that no route is forgotten.
public final class NetworkGuard implements Door {

    private static final int MAX_PROXIES = 16;

    private final KnownKeys keys;
    private final KnownNetworks known;
    private final List<Network> proxies;
    private final BiConsumer<Exchange, Problem> refuse;

    /// @param proxies whose word in `X-Forwarded-For` is taken
    /// @param refuse answers in the dialect of the path
    public NetworkGuard(
            KnownKeys keys,
            KnownNetworks known,
            List<Network> proxies,
            BiConsumer<Exchange, Problem> refuse) {
        this.keys = keys;
        this.known = known;
        this.proxies = List.copyOf(proxies);
        this.refuse = refuse;
    }

    @Override
    public boolean open(Exchange exchange) {
        if (!known.anyRestricted()) {
            return false;
        }
        String path = exchange.request().path();
        String bearer = exchange.bearer();
        if (path == null || path.startsWith("/api/") || bearer == null) {
            return false;
        }
        Principal principal = keys.find(KeyHash.of(bearer));
        if (principal == null) {
            return false;
        }
        List<Network> allowed = known.networks(principal.organization());
        if (allowed.isEmpty()) {
            return false;
        }
        String address = address(exchange);
        for (Network network : allowed) {
            if (network.contains(address)) {
                return false;
            }
        }
        refuse.accept(
                exchange,
                new Problem.Forbidden(
                        "this organization's keys may not be used from "
                                + address
                                + " (expected: an address of its allowlist)"));
        return true;
    }

    /// Who asks: the peer, or behind proxies that are trusted the last hop that is none of them.
    private String address(Exchange exchange) {
        String address = exchange.request().remoteAddress().hostAddress();
        if (proxies.isEmpty()) {
            return address;
        }
        List<String> hops =
                exchange.request().headers().getAll("x-forwarded-for").stream()
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
