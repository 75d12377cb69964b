package mooring.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import mooring.testing.TestFolders;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The simulator's own store is right only as far as PostgreSQL answers the same.
class PostgresCrashTest {

    private static final int SEEDS = 3;
    private static final int REQUESTS = 60;

    @BeforeAll
    static void hush() {
        CrashRun.hush();
    }

    @Test
    void postgresqlAnswersAsTheStoreInMemoryDoes() {
        Path folder = TestFolders.create("crash-");
        try (PostgresBank.Server server =
                PostgresBank.Server.start(folder, TestFolders.postgresBinaries())) {
            for (long seed = 1; seed <= SEEDS; seed++) {
                assertThat(CrashRun.run(seed, REQUESTS, server).found())
                        .as("seed %d of %d requests", seed, REQUESTS)
                        .isEmpty();
            }
            server.restart();
            assertThat(CrashRun.run(SEEDS + 1, REQUESTS, server).found()).isEmpty();
        } finally {
            TestFolders.delete(folder);
        }
    }
}
