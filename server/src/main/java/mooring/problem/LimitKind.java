package mooring.problem;

import java.util.Locale;

/// What a limit counts.
public enum LimitKind {
    /// Requests that run at the same time.
    CONCURRENCY("concurrent requests"),
    /// Requests in any 60 seconds.
    RPM("requests per minute"),
    /// Tokens of prompt and answer in any 60 seconds.
    TPM("tokens per minute"),
    /// Tokens of prompt and answer in a day of the organization's zone.
    TPD("tokens per day");

    private final String words;

    LimitKind(String words) {
        this.words = words;
    }

    /// As codes and headers write it.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// As sentences say it.
    public String words() {
        return words;
    }
}
