package mooring.accounts;

import org.jspecify.annotations.Nullable;

/// The keys that this node knows without asking the store: a memory read.
public interface KnownKeys {

    /// Null when the hash is not known here, which a store may know better.
    @Nullable Principal find(KeyHash hash);

    /// Whether what is known is fresh enough to admit by; false after minutes without the store.
    boolean current();
}
