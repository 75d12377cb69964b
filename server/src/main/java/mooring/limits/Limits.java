package mooring.limits;

import mooring.problem.LimitKind;

/// What somebody may use at most, in each of the four counts; [#NONE] where nothing is said.
public record Limits(
        long concurrency, long requestsPerMinute, long tokensPerMinute, long tokensPerDay) {

    /// In the place of a limit: nothing is said.
    public static final long NONE = Long.MAX_VALUE;

    /// The highest limit that can be set.
    public static final long MAX = 1_000_000_000_000L;

    /// No limit of any kind.
    public static final Limits UNLIMITED = new Limits(NONE, NONE, NONE, NONE);

    public Limits {
        require("concurrency", concurrency);
        require("rpm", requestsPerMinute);
        require("tpm", tokensPerMinute);
        require("tpd", tokensPerDay);
    }

    /// The limit of one kind, [#NONE] without.
    public long of(LimitKind kind) {
        return switch (kind) {
            case CONCURRENCY -> concurrency;
            case RPM -> requestsPerMinute;
            case TPM -> tokensPerMinute;
            case TPD -> tokensPerDay;
        };
    }

    /// Whether anything is limited.
    public boolean any() {
        return concurrency != NONE
                || requestsPerMinute != NONE
                || tokensPerMinute != NONE
                || tokensPerDay != NONE;
    }

    /// These, with whatever `other` says in their place.
    public Limits with(Limits other) {
        if (!other.any()) {
            return this;
        }
        return any()
                ? new Limits(
                        either(other.concurrency, concurrency),
                        either(other.requestsPerMinute, requestsPerMinute),
                        either(other.tokensPerMinute, tokensPerMinute),
                        either(other.tokensPerDay, tokensPerDay))
                : other;
    }

    private static long either(long first, long second) {
        return first == NONE ? second : first;
    }

    private static void require(String name, long limit) {
        if (limit < 1 || (limit > MAX && limit != NONE)) {
            throw new IllegalArgumentException(
                    name + ": " + limit + " (expected: 1.." + MAX + ", or none)");
        }
    }
}
