package mooring.fleet;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import mooring.sql.EmbeddedPostgres;
import mooring.testing.JavaProgram;
import mooring.time.Clock;

/// A program that holds a PostgreSQL and an engine, commits without pause, and is there to be
/// killed.
final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        long start = System.nanoTime();
        EmbeddedPostgres postgres =
                EmbeddedPostgres.start(
                        folder.resolve("store"), Path.of(arguments[1]), Duration.ofSeconds(60));
        System.out.println(
                "postgres " + postgres.pid() + " after " + (System.nanoTime() - start) / 1_000_000);
        LocalEngine engine =
                LocalEngine.start(
                        new EngineSpec(
                                "held",
                                JavaProgram.command(
                                        FakeEngine.class,
                                        "{port}",
                                        folder.resolve("key").toString(),
                                        "0"),
                                Map.of(),
                                "http://127.0.0.1:{port}",
                                "/health",
                                "secret-of-the-held-engine",
                                folder.resolve("key"),
                                folder.resolve("engine.log")),
                        Patience.DEFAULT,
                        Clock.system(),
                        (changed, before, now) -> {
                            if (now instanceof EngineState.Ready) {
                                System.out.println("engine " + changed.pid());
                            }
                        });
        try (Connection connection =
                        DriverManager.getConnection(
                                postgres.jdbcUrl("postgres"),
                                postgres.user(),
                                postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS paid (id bigserial PRIMARY KEY)");
            for (int i = 1; engine.spec() != null; i++) {
                statement.execute("INSERT INTO paid DEFAULT VALUES");
                System.out.println("paid " + i);
            }
        }
    }
}
