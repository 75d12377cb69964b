package mooring.sql;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Where a database is and who we are there.
///
/// @param jdbcUrl without user and password, so that it may be shown
public record DatabaseAddress(String jdbcUrl, String user, String password) {
    private static final String JDBC = "jdbc:postgresql://";
    private static final String EXPECTED =
            " (expected: postgresql://user:password@host:5432/database, or"
                    + " jdbc:postgresql://host:5432/database?user=…&password=…)";

    /// What PostgreSQL's own tools call differently from its Java driver.
    private static final Map<String, String> DRIVER_NAMES =
            Map.of(
                    "connect_timeout", "connectTimeout",
                    "application_name", "ApplicationName");

    /// Reads either form of a database's address; a failure never shows more than the host.
    public static DatabaseAddress parse(String text) {
        String rest;
        boolean jdbc = text.startsWith(JDBC);
        if (jdbc) {
            rest = text.substring(JDBC.length());
        } else if (text.startsWith("postgresql://") || text.startsWith("postgres://")) {
            rest = text.substring(text.indexOf("://") + 3);
        } else {
            int scheme = text.indexOf("://");
            throw new StoreException(
                    "database URL: "
                            + (scheme < 0 ? "no scheme" : text.substring(0, scheme) + "://…")
                            + EXPECTED);
        }
        int query = rest.indexOf('?');
        String parameters = query < 0 ? "" : rest.substring(query + 1);
        String place = query < 0 ? rest : rest.substring(0, query);
        int slash = place.lastIndexOf('/');
        String authority = slash < 0 ? place : place.substring(0, slash);
        String database = slash < 0 ? "" : place.substring(slash + 1);
        int at = authority.lastIndexOf('@');
        String credentials = at < 0 ? "" : authority.substring(0, at);
        String hosts = authority.substring(at + 1);
        if (hosts.contains("/") || (jdbc && at >= 0)) {
            throw new StoreException(
                    "database URL: a / or @ that is not where it should be; in a password write %2F"
                            + " or %40"
                            + EXPECTED);
        }
        int colon = credentials.indexOf(':');
        String user = decode(colon < 0 ? credentials : credentials.substring(0, colon));
        String password = colon < 0 ? "" : decode(credentials.substring(colon + 1));
        List<String> kept = new ArrayList<>();
        for (String parameter : parameters.split("&")) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = equals < 0 ? "" : parameter.substring(equals + 1);
            if (name.equals("user")) {
                user = decode(value);
            } else if (name.equals("password")) {
                password = decode(value);
            } else if (!parameter.isEmpty()) {
                kept.add(DRIVER_NAMES.getOrDefault(name, name) + "=" + value);
            }
        }
        if (user.isEmpty() || database.isEmpty()) {
            throw new StoreException(
                    "database URL: no " + (user.isEmpty() ? "user" : "database name") + EXPECTED);
        }
        String end = kept.isEmpty() ? "" : "?" + String.join("&", kept);
        String host = hosts.isEmpty() ? "localhost" : hosts;
        return new DatabaseAddress(JDBC + host + "/" + database + end, user, password);
    }

    /// For people: host, port and name, nothing secret.
    public String shown() {
        int query = jdbcUrl.indexOf('?');
        return jdbcUrl.substring("jdbc:".length(), query < 0 ? jdbcUrl.length() : query);
    }

    @Override
    public String toString() {
        return "DatabaseAddress[" + user + " at " + shown() + "]";
    }

    private static String decode(String text) {
        try {
            // A plus is a plus here; only forms write a space so.
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException broken) {
            // Its message quotes the text, which may be a password.
            throw new StoreException(
                    "database URL: a % that no two hex digits follow (write %25)" + EXPECTED);
        }
    }
}
