package mooring.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import mooring.accounts.Allowlists;
import mooring.accounts.ApiKey;
import mooring.accounts.ApiKeys;
import mooring.accounts.KeyHash;
import mooring.accounts.KeySecret;
import mooring.accounts.KnownKeys;
import mooring.accounts.Network;
import mooring.accounts.Principal;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.problem.Problem;
import mooring.testing.Somebody;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {

    private static final Principal SOMEBODY = Somebody.with();

    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final Store store = new Store();
    private boolean current = true;
    private final Authenticator authenticator =
            new Authenticator(
                    new KnownKeys() {
                        @Override
                        public @Nullable Principal find(KeyHash hash) {
                            return null;
                        }

                        @Override
                        public boolean current() {
                            return current;
                        }
                    },
                    store,
                    new AllowedNetworks(_ -> List.of(), store),
                    waiting::add);

    @Test
    void aNewKeysFirstBurstIsOneLookUpAndAllAreServed() {
        String key = key();
        store.principal = Optional.of(SOMEBODY);
        List<Identity> answers = new ArrayList<>();

        for (int i = 0; i < 100; i++) {
            answers.add(authenticator.identify(key));
        }
        waiting.remove().run();

        assertThat(waiting).isEmpty();
        assertThat(store.lookups).isEqualTo(1);
        assertThat(answers)
                .allSatisfy(
                        answer ->
                                assertThat(answered(answer))
                                        .isEqualTo(new Identity.Known(SOMEBODY, store.allowed)));
    }

    @Test
    void strangersWithManyKeysDoNotFloodTheStore() {
        List<Identity> answers = new ArrayList<>();

        for (int i = 0; i < 20; i++) {
            answers.add(authenticator.identify(key()));
        }

        assertThat(waiting).hasSize(8);
        assertThat(problem(answers.getLast())).isInstanceOf(Problem.StoreUnavailable.class);
        waiting.forEach(Runnable::run);
        assertThat(problem(answered(answers.getFirst()))).isInstanceOf(Problem.InvalidApiKey.class);
        assertThat(authenticator.identify(key())).isInstanceOf(Identity.Waiting.class);
    }

    @Test
    void anUnknownKeyIsNotAskedForAgainAtOnce() {
        String key = key();
        authenticator.identify(key);
        waiting.remove().run();

        assertThat(problem(authenticator.identify(key))).isInstanceOf(Problem.InvalidApiKey.class);
        assertThat(store.lookups).isEqualTo(1);
    }

    @Test
    void aStoreThatFailsSaysNothingAboutTheKey() {
        String key = key();
        store.failure = new IllegalStateException("gone");
        Identity first = authenticator.identify(key);
        waiting.remove().run();
        assertThat(problem(answered(first))).isInstanceOf(Problem.StoreUnavailable.class);

        store.failure = null;
        store.principal = Optional.of(SOMEBODY);
        Identity later = authenticator.identify(key);
        waiting.remove().run();
        assertThat(answered(later)).isEqualTo(new Identity.Known(SOMEBODY, store.allowed));
    }

    @Test
    void aKeyThatIsLookedUpComesWithItsAllowlist() {
        String key = key();
        store.principal = Optional.of(SOMEBODY);
        store.set(
                SOMEBODY.organization(),
                List.of(Objects.requireNonNull(Network.parse("203.0.113.0/24"))));
        Identity identity = authenticator.identify(key);
        waiting.remove().run();

        assertThat(answered(identity))
                .isInstanceOfSatisfying(
                        Identity.Known.class,
                        known -> {
                            assertThat(known.mayComeFrom("203.0.113.9")).isTrue();
                            assertThat(known.mayComeFrom("127.0.0.1")).isFalse();
                        });
    }

    @Test
    void whatIsNoKeyCostsNoLookUp() {
        for (String text : List.of("", "x", "sk-mooring-", key() + "x")) {
            assertThat(problem(authenticator.identify(text)))
                    .isInstanceOf(Problem.InvalidApiKey.class);
        }
        assertThat(problem(authenticator.identify(null))).isInstanceOf(Problem.InvalidApiKey.class);
        assertThat(waiting).isEmpty();
    }

    @Test
    void withKeysTooOldToTrustNobodyIsAdmitted() {
        current = false;

        assertThat(problem(authenticator.identify(key())))
                .isInstanceOf(Problem.StoreUnavailable.class);
    }

    private static String key() {
        return KeySecret.generate(KeySecret.API_PREFIX, new SecureRandom()).reveal();
    }

    private static Identity answered(Identity identity) {
        return identity instanceof Identity.Waiting(var later)
                ? later.toCompletableFuture().getNow(identity)
                : identity;
    }

    private static Problem problem(Identity identity) {
        return ((Identity.Refused) identity).problem();
    }

    /// A store that counts how often it is asked.
    private static final class Store implements ApiKeys, Allowlists {

        private Optional<Principal> principal = Optional.empty();
        private @Nullable RuntimeException failure;
        private int lookups;
        private List<Network> allowed = List.of();

        @Override
        public Optional<List<Network>> of(OrganizationId organization) {
            return Optional.of(allowed);
        }

        @Override
        public void set(OrganizationId organization, List<Network> networks) {
            allowed = networks;
        }

        @Override
        public Optional<Principal> principal(KeyHash hash) {
            lookups++;
            if (failure != null) {
                throw failure;
            }
            return principal;
        }

        @Override
        public Created create(
                OrganizationId organization, @Nullable ProjectId project, String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ApiKey> list(OrganizationId organization, @Nullable KeyId after, int limit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<ApiKey> revoke(KeyId id) {
            throw new UnsupportedOperationException();
        }
    }
}
