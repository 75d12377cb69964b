package mooring.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import mooring.testing.TestDatabase;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What goes to the database in binary form is what comes back as text.
class BinaryFormTest {

    private static final UUID ID = UUID.fromString("ff01a203-0000-7000-8000-00000000beef");
    private static final String AWKWARD = "naïve \"quoted\", {braces} \\ 中文 NULL ";
    private static TestDatabase database;

    @BeforeAll
    static void open() {
        database = TestDatabase.create();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @Test
    void everyTypeOfArrayArrivesAsItWas() {
        assertThat(sent("uuid", ID, null)).containsExactly(ID.toString(), null);
        assertThat(sent("int8", Long.MIN_VALUE, -1L, Long.MAX_VALUE))
                .containsExactly("-9223372036854775808", "-1", "9223372036854775807");
        assertThat(sent("int2", (short) -7, 32_767)).containsExactly("-7", "32767");
        assertThat(sent("bool", true, null, false)).containsExactly("true", null, "false");
        assertThat(sent("text", AWKWARD, null, "")).containsExactly(AWKWARD, null, "");
        assertThat(sent("date", LocalDate.of(1999, 12, 31))).containsExactly("1999-12-31");
        assertThat(sent("timestamptz", Instant.parse("1999-12-31T23:59:59.123456789Z")))
                .containsExactly("1999-12-31 23:59:59.123456+00");
        assertThat(sent("timestamptz", "2030-02-03T04:05:06Z"))
                .containsExactly("2030-02-03 04:05:06+00");
        assertThat(sent("text")).isEmpty();
    }

    @Test
    void aConnectionThatWasNotOpenedForItGetsText() {
        Jdbi plain = Jdbi.create(database.jdbcUrl(), database.user(), database.password());
        plain.useHandle(
                handle -> {
                    assertThat(sent(handle, "uuid", ID, null)).containsExactly(ID.toString(), null);
                    assertThat(sent(handle, "bool", true, null)).containsExactly("true", null);
                    assertThat(sent(handle, "timestamptz", Instant.parse("2030-02-03T04:05:06Z")))
                            .containsExactly("2030-02-03 04:05:06+00");
                });
    }

    @Test
    void aNumberThatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> sent("int2", 32_768))
                .hasMessage("int2: 32768 (expected: 16 bits)");
    }

    @Test
    void rowsAreCopiedAsTheyWereAllOrNone() {
        jdbi().useTransaction(
                        handle -> {
                            handle.execute(
                                    """
                                    CREATE TEMPORARY TABLE t (a uuid, b int8, c int2, d bool, e text,
                                        f date, g timestamptz, h jsonb, i bigint[])
                                    """);
                            BinaryRows rows = new BinaryRows("t", "a, b, c, d, e, f, g, h, i", 1);
                            for (int i = 0; i < 300; i++) {
                                rows.row()
                                        .uuid(i == 0 ? ID : null)
                                        .int8(-i)
                                        .int2(i)
                                        .bool(i == 0)
                                        .text(i == 0 ? AWKWARD : null)
                                        .date(LocalDate.of(2030, 1, 2))
                                        .timestamptz(Instant.parse("2030-01-02T03:04:05.678901Z"))
                                        .jsonb(i == 0 ? "{\"searches\": 2}" : null)
                                        .int8s(-1, i);
                            }
                            rows.copy(handle);
                            assertThat(texts(handle, "SELECT t::text FROM t ORDER BY c LIMIT 1"))
                                    .containsExactly(
                                            "("
                                                    + ID
                                                    + ",0,0,t,\"naïve \"\"quoted\"\", {braces} \\\\ 中文"
                                                    + " NULL \",2030-01-02,\"2030-01-02"
                                                    + " 03:04:05.678901+00\",\"{\"\"searches\"\": 2}\","
                                                    + "\"{-1,0}\")");
                            assertThat(texts(handle, "SELECT count(*) || ' ' || sum(b) FROM t"))
                                    .containsExactly("300 -44850");
                        });
    }

    private static List<@Nullable String> sent(String type, @Nullable Object... values) {
        return jdbi().withHandle(handle -> sent(handle, type, values));
    }

    private static List<@Nullable String> sent(
            Handle handle, String type, @Nullable Object... values) {
        handle.execute("SET TIME ZONE 'UTC'");
        List<@Nullable Object> rows = Collections.unmodifiableList(Arrays.asList(values));
        return handle.createQuery("SELECT v::text FROM unnest(:values) AS u (v)")
                .bind("values", SqlArrays.column(type, rows, value -> value))
                .mapTo(String.class)
                .list();
    }

    private static List<String> texts(Handle handle, String sql) {
        handle.execute("SET TIME ZONE 'UTC'");
        return handle.createQuery(sql).mapTo(String.class).list();
    }

    private static Jdbi jdbi() {
        return database.database().jdbi();
    }
}
