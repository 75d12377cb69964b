package mooring.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import mooring.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatabaseTest {
    private TestDatabase test = TestDatabase.createEmpty();

    @BeforeEach
    void replace() {
        test.close();
        test = TestDatabase.createEmpty();
    }

    @AfterEach
    void drop() {
        test.close();
    }

    @Test
    void aSchemaIsBroughtForwardStepByStep() {
        assertThat(test.database().migrate("mooring/sql/one")).isEqualTo(1);
        assertThat(test.database().migrate("mooring/sql/two")).isEqualTo(1);
        assertThat(test.database().migrate("mooring/sql/two")).isZero();
        assertThat(columns()).containsExactly("length_metres", "name");
    }

    @Test
    void aSchemaOfANewerReleaseIsRefusedWithBothVersions() {
        test.database().migrate("mooring/sql/two");
        assertThatThrownBy(() -> test.database().migrate("mooring/sql/one"))
                .isInstanceOf(StoreException.class)
                .message()
                .contains("its schema has version 2 (expected: at most 1, ")
                .contains("run the newer release that made it")
                .doesNotContain("\n")
                .doesNotContain(test.password());
    }

    @Test
    void aNewerSchemaIsRefusedAlsoWhenItsReleaseNeverFinished() {
        test.database().migrate("mooring/sql/one");
        execute(
                """
                INSERT INTO flyway_schema_history
                SELECT 2, '2', 'later', 'SQL', 'V2__later.sql', 7, 'mooring', now(), 1, true
                """);
        assertThatThrownBy(() -> test.database().migrate("mooring/sql/one"))
                .hasMessageContaining("its schema has version 2 (expected: at most 1, ");
    }

    @Test
    void aMigrationThatWasChangedAfterwardsIsRefused() {
        test.database().migrate("mooring/sql/one");
        assertThatThrownBy(() -> test.database().migrate("mooring/sql/changed"))
                .isInstanceOf(StoreException.class)
                .message()
                .contains("schema version 1 is not the one that this program knows")
                .doesNotContain("\n");
    }

    @Test
    void aMigrationThatFailsLeavesTheVersionBefore() {
        test.database().migrate("mooring/sql/one");
        assertThatThrownBy(() -> test.database().migrate("mooring/sql/broken"))
                .isInstanceOf(StoreException.class)
                .message()
                .contains("it stays at the version before")
                .contains("ship")
                .doesNotContain("\n");
        assertThat(columns()).containsExactly("name");
        assertThat(test.database().migrate("mooring/sql/two")).isEqualTo(1);
    }

    @Test
    void aWarmStartDoesNotAskTheMigrationToolAtAll() {
        test.database().migrate("mooring/sql/two");
        long sealed = Long.MAX_VALUE;
        long full = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            sealed = Math.min(sealed, nanosOfMigrating());
            execute("COMMENT ON TABLE flyway_schema_history IS NULL");
            full = Math.min(full, nanosOfMigrating());
        }
        assertThat(sealed).isLessThan(full);
    }

    private long nanosOfMigrating() {
        long start = System.nanoTime();
        assertThat(test.database().migrate("mooring/sql/two")).isZero();
        return System.nanoTime() - start;
    }

    @Test
    void whenAllConnectionsAreInUseTheNextCallerIsToldInTime() {
        DatabaseAddress address = test.database().address();
        try (Database small = Database.open(address, 1, Duration.ofMillis(300))) {
            small.jdbi()
                    .useHandle(
                            handle -> {
                                assertThat(handle.getConnection()).isNotNull();
                                long start = System.nanoTime();
                                assertThatThrownBy(() -> small.jdbi().open().close())
                                        .hasMessageContaining("Connection is not available");
                                assertThat(System.nanoTime() - start)
                                        .isLessThan(Duration.ofSeconds(10).toNanos());
                            });
        }
    }

    @Test
    void aWrongPasswordAndAMissingDatabaseAreTold() {
        assertThatThrownBy(() -> Database.open(test.jdbcUrl(), test.user(), "not-it", 2))
                .isInstanceOf(StoreException.class)
                .message()
                .contains("user or password refused (check the database URL)")
                .doesNotContain("not-it");
        String missing = test.jdbcUrl().replaceAll("/[^/]*$", "/nowhere");
        assertThatThrownBy(() -> Database.open(missing, test.user(), test.password(), 2))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("there is no such database");
    }

    @Test
    void aServerThatIsNotThereIsNamed() {
        assertThatThrownBy(
                        () ->
                                Database.open(
                                        "jdbc:postgresql://127.0.0.1:1/moor", "anna", "hidden", 2))
                .isInstanceOf(StoreException.class)
                .message()
                .startsWith("postgresql://127.0.0.1:1/moor: cannot be opened: ")
                .doesNotContain("hidden");
    }

    private List<String> columns() {
        return test.database()
                .jdbi()
                .withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                SELECT column_name FROM information_schema.columns
                                                WHERE table_name = 'boat' ORDER BY column_name
                                                """)
                                        .mapTo(String.class)
                                        .list());
    }

    private void execute(String sql) {
        test.database().jdbi().useHandle(handle -> handle.execute(sql));
    }
}
