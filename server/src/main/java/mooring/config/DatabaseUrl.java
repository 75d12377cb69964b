package mooring.config;

import java.util.regex.Pattern;

/// The address of a database, with the password that may be in it. Shown without.
///
/// @param text as the operator wrote it; never for a log
public record DatabaseUrl(String text) {

    private static final Pattern SCHEME =
            Pattern.compile("(jdbc:postgresql|postgresql|postgres)://");

    /// A name, a colon, and everything to the last at sign: a password may hold any character.
    private static final Pattern PASSWORD = Pattern.compile("(://[^:/?@]*:).*@");

    private static final Pattern PARAMETER =
            Pattern.compile("([?&][^=&]*(?:pass|secret)[^=&]*=)[^&]*", Pattern.CASE_INSENSITIVE);

    /// Whether the text is of a kind that can be an address; what is in it is for the driver.
    static boolean plausible(String text) {
        return SCHEME.matcher(text).lookingAt() && !text.endsWith("://");
    }

    /// Any text as it may be shown: masked when it is the address of a database.
    static String maskedIfOne(String text) {
        return plausible(text) ? new DatabaseUrl(text).masked() : text;
    }

    /// The address with `***` for every secret.
    public String masked() {
        if (!plausible(text)) {
            return "***";
        }
        String parameters = PARAMETER.matcher(text).replaceAll("$1***");
        return PASSWORD.matcher(parameters).replaceFirst("$1***@");
    }

    @Override
    public String toString() {
        return masked();
    }
}
