package mooring.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.sql.Database;
import mooring.sql.DatabaseAddress;
import mooring.sql.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;

/// A fresh, migrated database for one test class on a real PostgreSQL that all tests of this JVM
/// share; gone when closed.
public final class TestDatabase implements AutoCloseable {
    private static final String TEMPLATE = "migrated_template";
    private static final Duration START = Duration.ofSeconds(60);
    private static final int POOL_SIZE = 8;

    /// A hundred threads that race for one row wait for each other.
    private static final Duration CONNECTION = Duration.ofSeconds(30);

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static @Nullable EmbeddedPostgres shared;

    private final EmbeddedPostgres postgres;
    private final String name;
    private final Database database;

    private TestDatabase(EmbeddedPostgres postgres, String name, Database database) {
        this.postgres = postgres;
        this.name = name;
        this.database = database;
    }

    /// A clone of the migrated template.
    public static TestDatabase create() {
        return create(TEMPLATE);
    }

    /// A database without any table, for tests of migrations themselves.
    public static TestDatabase createEmpty() {
        return create("template1");
    }

    public Database database() {
        return database;
    }

    public String jdbcUrl() {
        return postgres.jdbcUrl(name);
    }

    public String user() {
        return postgres.user();
    }

    public String password() {
        return postgres.password();
    }

    @Override
    public void close() {
        database.close();
        execute(postgres, "DROP DATABASE " + name + " WITH (FORCE)");
    }

    private static TestDatabase create(String template) {
        EmbeddedPostgres postgres;
        String name;
        // PostgreSQL clones a template only while nobody else is doing so.
        synchronized (TestDatabase.class) {
            postgres = postgres();
            name = "test_" + COUNT.incrementAndGet();
            execute(postgres, "CREATE DATABASE " + name + " TEMPLATE " + template);
        }
        DatabaseAddress address =
                new DatabaseAddress(postgres.jdbcUrl(name), postgres.user(), postgres.password());
        Database database = Database.open(address, POOL_SIZE, CONNECTION);
        return new TestDatabase(postgres, name, database);
    }

    private static synchronized EmbeddedPostgres postgres() {
        EmbeddedPostgres running = shared;
        if (running == null) {
            Path folder = TestFolders.create("cluster-");
            EmbeddedPostgres started =
                    EmbeddedPostgres.start(folder, TestFolders.postgresBinaries(), START);
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().unstarted(() -> end(started, folder)));
            started.ensureDatabase(TEMPLATE);
            try (Database template =
                    Database.open(
                            started.jdbcUrl(TEMPLATE), started.user(), started.password(), 1)) {
                template.migrate();
            }
            shared = started;
            running = started;
        }
        return running;
    }

    private static void end(EmbeddedPostgres postgres, Path folder) {
        postgres.close();
        TestFolders.delete(folder);
    }

    private static void execute(EmbeddedPostgres postgres, String sql) {
        try (Connection connection =
                        DriverManager.getConnection(
                                postgres.jdbcUrl("postgres"),
                                postgres.user(),
                                postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failure) {
            throw new AssertionError(sql, failure);
        }
    }
}
