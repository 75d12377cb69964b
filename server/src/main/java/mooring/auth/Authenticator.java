package mooring.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import mooring.accounts.ApiKeys;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import mooring.accounts.KnownKeys;
import mooring.accounts.Principal;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the principal behind an API key: in memory, or with one bounded look-up in the store when
/// the key is unknown here, so that a new key works at once on every node.
public final class Authenticator {

    private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);

    /// A key that the store does not know is not asked for again within this time.
    private static final Duration UNKNOWN_FOR = Duration.ofSeconds(5);

    private static final int MAX_UNKNOWN = 10_000;

    /// Keys looked up at once; beyond them an unknown one is told to come back.
    private static final int MAX_LOOKUPS = 8;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private static final Identity INVALID = new Identity.Refused(new Problem.InvalidApiKey());
    private static final Identity UNAVAILABLE =
            new Identity.Refused(new Problem.StoreUnavailable(RETRY_AFTER));

    private final KnownKeys known;
    private final ApiKeys store;
    private final AllowedNetworks networks;
    private final Executor blocking;
    private final Semaphore lookups = new Semaphore(MAX_LOOKUPS);
    private final Map<KeyHash, CompletableFuture<Identity>> underWay = new ConcurrentHashMap<>();
    private final Cache<KeyHash, Boolean> unknown =
            Caffeine.newBuilder().expireAfterWrite(UNKNOWN_FOR).maximumSize(MAX_UNKNOWN).build();

    /// @param blocking runs look-ups, on threads that may block
    public Authenticator(
            KnownKeys known, ApiKeys store, AllowedNetworks networks, Executor blocking) {
        this.known = known;
        this.store = store;
        this.networks = networks;
        this.blocking = blocking;
    }

    public Identity identify(@Nullable String key) {
        if (key == null || !KeySecret.wellFormed(key, KeySecret.API_PREFIX)) {
            return INVALID;
        }
        if (!known.current()) {
            return UNAVAILABLE;
        }
        KeyHash hash = KeyHash.of(key);
        Principal principal = known.find(hash);
        if (principal != null) {
            return new Identity.Known(principal, networks.heard(principal.organization()));
        }
        if (unknown.getIfPresent(hash) != null) {
            return INVALID;
        }
        CompletableFuture<Identity> asked = underWay.get(hash);
        if (asked != null) {
            return new Identity.Waiting(asked);
        }
        if (!lookups.tryAcquire()) {
            return UNAVAILABLE;
        }
        return new Identity.Waiting(ask(hash));
    }

    /// A new key's first burst of requests shares one look-up.
    private CompletableFuture<Identity> ask(KeyHash hash) {
        CompletableFuture<Identity> answer = new CompletableFuture<>();
        CompletableFuture<Identity> sooner = underWay.putIfAbsent(hash, answer);
        if (sooner != null) {
            lookups.release();
            return sooner;
        }
        blocking.execute(
                () -> {
                    Identity found = lookUp(hash);
                    underWay.remove(hash);
                    answer.complete(found);
                });
        return answer;
    }

    private Identity lookUp(KeyHash hash) {
        try {
            return store.principal(hash)
                    .<Identity>map(
                            // Read after the key, so that it is no older than that.
                            found ->
                                    new Identity.Known(
                                            found, networks.written(found.organization())))
                    .orElseGet(
                            () -> {
                                unknown.put(hash, true);
                                return INVALID;
                            });
        } catch (RuntimeException e) {
            LOG.warn("key look-up failed: {}", e.toString());
            return UNAVAILABLE;
        } finally {
            lookups.release();
        }
    }
}
