package mooring.sql;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.output.ValidateOutput;
import org.flywaydb.core.api.output.ValidateResult;
import org.jspecify.annotations.Nullable;

/// The way of a database's schema from version to version, forward only.
///
/// Flyway does the work. Because it takes longer to look than everything else at a warm start, a
/// finished run leaves a seal on Flyway's own table: a hash of all migrations and the state of that
/// table. While both are still the same there is nothing to do.
final class Migrations {
    static final String DEFAULT_LOCATION = "db/migration";

    /// Found only if the last run was ours, whole, and nothing was added to the history since.
    private static final String SEAL_QUERY =
            """
            SELECT obj_description(to_regclass('public.flyway_schema_history'), 'pg_class'),
                   (SELECT count(*) || '-' || max(installed_rank) || '-' || bool_and(success)
                           || '-' || coalesce(sum(checksum::bigint), 0)
                    FROM public.flyway_schema_history)
            """;

    private final DatabaseAddress address;
    private final String location;

    Migrations(DatabaseAddress address, String location) {
        this.address = address;
        this.location = location;
    }

    int apply() {
        String hash = hashOfAll();
        if (hash != null && sealed(hash)) {
            return 0;
        }
        int applied = applyByFlyway(MigrationVersion.LATEST);
        if (hash != null) {
            seal(hash);
        }
        return applied;
    }

    /// Leaves the schema unsealed, since more may follow.
    int applyUpTo(String version) {
        return applyByFlyway(MigrationVersion.fromVersion(version));
    }

    /// In the order of their versions.
    SortedMap<String, Integer> known() {
        SortedMap<String, Integer> known =
                new TreeMap<>(Comparator.comparing(MigrationVersion::fromVersion));
        for (MigrationInfo migration : flyway(MigrationVersion.LATEST).info().all()) {
            Integer checksum = migration.getChecksum();
            if (migration.getVersion() != null && checksum != null) {
                known.put(migration.getVersion().getVersion(), checksum);
            }
        }
        return known;
    }

    private Flyway flyway(MigrationVersion target) {
        return Flyway.configure()
                .dataSource(address.jdbcUrl(), address.user(), address.password())
                .locations("classpath:" + location)
                .defaultSchema("public")
                .target(target)
                .cleanDisabled(true)
                .validateMigrationNaming(true)
                .validateOnMigrate(false)
                .load();
    }

    private int applyByFlyway(MigrationVersion target) {
        Flyway flyway = flyway(target);
        try {
            refuseFuture(flyway);
            refuseChanged(flyway);
            return flyway.migrate().migrationsExecuted;
        } catch (FlywayException failure) {
            String said = failure.getMessage() == null ? "" : failure.getMessage();
            throw new StoreException(
                    address.shown()
                            + ": the schema cannot be migrated (it stays at the version before): "
                            + String.join(" ", said.lines().map(String::strip).toList()),
                    failure);
        }
    }

    private void refuseFuture(Flyway flyway) {
        MigrationVersion known = null;
        MigrationVersion found = null;
        for (MigrationInfo migration : flyway.info().all()) {
            MigrationVersion version = migration.getVersion();
            if (version == null) {
                continue;
            }
            if (migration.getState() == MigrationState.FUTURE_SUCCESS
                    || migration.getState() == MigrationState.FUTURE_FAILED) {
                found = found == null || version.compareTo(found) > 0 ? version : found;
            } else if (migration.getState() != MigrationState.MISSING_SUCCESS) {
                known = known == null || version.compareTo(known) > 0 ? version : known;
            }
        }
        if (found != null) {
            throw new StoreException(
                    address.shown()
                            + ": its schema has version "
                            + found
                            + " (expected: at most "
                            + (known == null ? "none" : known)
                            + ", which this program knows; run the newer release that made it, or"
                            + " restore a backup from before its upgrade)");
        }
    }

    private void refuseChanged(Flyway flyway) {
        ValidateResult result = flyway.validateWithResult();
        for (ValidateOutput wrong : result.invalidMigrations) {
            String code = wrong.errorDetails.errorCode.toString();
            if (code.startsWith("RESOLVED_") || code.startsWith("OUTDATED_")) {
                // Still to be applied, or to be applied again.
                continue;
            }
            throw new StoreException(
                    address.shown()
                            + ": schema version "
                            + wrong.version
                            + " is not the one that this program knows: "
                            + code
                            + " (expected: migrations never change once applied; run the release"
                            + " that applied it, or restore a backup)");
        }
    }

    private boolean sealed(String hash) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SEAL_QUERY)) {
            return row.next() && (hash + ":" + row.getString(2)).equals(row.getString(1));
        } catch (SQLException noHistoryYet) {
            return false;
        }
    }

    private void seal(String hash) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            String history;
            try (ResultSet row = statement.executeQuery(SEAL_QUERY)) {
                row.next();
                history = row.getString(2);
            }
            // Both are made here from digits, letters and dashes: nothing to escape.
            statement.execute(
                    "COMMENT ON TABLE public.flyway_schema_history IS '"
                            + hash
                            + ":"
                            + history
                            + "'");
        } catch (SQLException failure) {
            throw new StoreException(
                    address.shown() + ": the schema cannot be sealed: " + failure.getMessage(),
                    failure);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
    }

    /// A hash of names and contents of all migrations; null when they cannot be listed.
    private @Nullable String hashOfAll() {
        try {
            Map<String, byte[]> files = new TreeMap<>();
            Enumeration<URL> roots = Migrations.class.getClassLoader().getResources(location);
            while (roots.hasMoreElements()) {
                collect(roots.nextElement(), files);
            }
            if (files.isEmpty()) {
                return null;
            }
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                digest.update(file.getKey().getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
                digest.update(MessageDigest.getInstance("SHA-256").digest(file.getValue()));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | URISyntaxException notListable) {
            return null;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void collect(URL root, Map<String, byte[]> files)
            throws IOException, URISyntaxException {
        if (root.getProtocol().equals("file")) {
            Path folder = Path.of(new URI(root.toString()));
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.filter(Files::isRegularFile).toList()) {
                    files.put(folder.relativize(path).toString(), Files.readAllBytes(path));
                }
            }
        } else if (root.openConnection() instanceof JarURLConnection connection) {
            try (JarFile jar =
                    new JarFile(new URI(connection.getJarFileURL().toString()).getPath())) {
                for (JarEntry entry : jar.stream().toList()) {
                    String name = entry.getName();
                    if (name.startsWith(location + "/") && !entry.isDirectory()) {
                        try (InputStream in = jar.getInputStream(entry)) {
                            files.put(name.substring(location.length() + 1), in.readAllBytes());
                        }
                    }
                }
            }
        }
    }
}
