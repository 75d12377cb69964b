package mooring.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.sql.SQLException;
import java.time.Duration;
import java.util.SortedMap;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// One PostgreSQL database: a bounded pool of connections to it, and the version of its schema.
///
/// Shared by all threads; whoever opened it closes it.
public final class Database implements AutoCloseable {
    private static final Duration DEFAULT_CONNECTION_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration MAX_LIFETIME = Duration.ofMinutes(30);

    /// No statement of ours takes as long; it ends the wait for a server that fell silent.
    private static final Duration SOCKET_TIMEOUT = Duration.ofMinutes(2);

    private final DatabaseAddress address;
    private final HikariDataSource pool;
    private final Jdbi jdbi;

    private Database(DatabaseAddress address, HikariDataSource pool) {
        this.address = address;
        this.pool = pool;
        this.jdbi = Jdbi.create(pool);
    }

    /// Opens a database by its JDBC URL; fails at once when it cannot be reached.
    public static Database open(String url, String user, String password, int poolSize) {
        return open(new DatabaseAddress(url, user, password), poolSize, DEFAULT_CONNECTION_TIMEOUT);
    }

    /// Opens a database; fails at once when it cannot be reached.
    ///
    /// @param connectionTimeout how long a caller waits for a connection when all are in use
    public static Database open(DatabaseAddress address, int poolSize, Duration connectionTimeout) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("store");
        config.setJdbcUrl(address.jdbcUrl());
        config.setDriverClassName("org.postgresql.Driver");
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(poolSize);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(connectionTimeout.toMillis());
        config.setMaxLifetime(MAX_LIFETIME.toMillis());
        config.addDataSourceProperty("ApplicationName", "mooring");
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("binaryTransferEnable", BinaryArray.EXTRA_TYPES);
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        config.addDataSourceProperty("connectTimeout", seconds(connectionTimeout));
        config.addDataSourceProperty("socketTimeout", seconds(SOCKET_TIMEOUT));
        try {
            return new Database(address, new HikariDataSource(config));
        } catch (HikariPool.PoolInitializationException failure) {
            throw unreachable(address, failure);
        }
    }

    /// Brings the schema to this program's version, and refuses one that is newer than it.
    ///
    /// @return how many migrations were applied
    public int migrate() {
        return migrate(Migrations.DEFAULT_LOCATION);
    }

    /// Brings an empty database's schema to an earlier version, for rows that were written at it.
    ///
    /// @return how many migrations were applied
    public int migrateTo(String version) {
        return new Migrations(address, Migrations.DEFAULT_LOCATION).applyUpTo(version);
    }

    /// Every migration that this program knows, by version, each with its checksum.
    public SortedMap<String, Integer> knownMigrations() {
        return new Migrations(address, Migrations.DEFAULT_LOCATION).known();
    }

    int migrate(String location) {
        return new Migrations(address, location).apply();
    }

    public Jdbi jdbi() {
        return jdbi;
    }

    public DataSource dataSource() {
        return pool;
    }

    public DatabaseAddress address() {
        return address;
    }

    /// Gives the connections back; those in use are closed under their users.
    @Override
    public void close() {
        pool.close();
    }

    private static String seconds(Duration duration) {
        return Long.toString(Math.max(1, duration.toSeconds()));
    }

    private static StoreException unreachable(DatabaseAddress address, Exception failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof SQLException)) {
            cause = cause.getCause();
        }
        String state = cause instanceof SQLException sql ? sql.getSQLState() : null;
        return new StoreException(
                address.shown() + ": cannot be opened: " + remedy(state, cause.getMessage()),
                failure);
    }

    private static String remedy(@Nullable String state, @Nullable String message) {
        String said = message == null ? "no reason given" : message.lines().findFirst().orElse("");
        if (state == null) {
            return said;
        }
        return switch (state) {
            case "28P01", "28000" -> "user or password refused (check the database URL)";
            case "3D000" -> "there is no such database (make it, or check the database URL)";
            case "08001", "08006" -> said;
            default -> said + " (SQL state " + state + ")";
        };
    }
}
