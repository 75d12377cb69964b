package mooring.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseAddressTest {
    @Test
    void theFormOfPostgresqlsOwnToolsIsUnderstood() {
        DatabaseAddress address =
                DatabaseAddress.parse(
                        "postgresql://anna:p%40ss+w%2Ford@db.example:6432/moor"
                                + "?sslmode=verify-full&connect_timeout=3");
        assertThat(address.jdbcUrl())
                .isEqualTo(
                        "jdbc:postgresql://db.example:6432/moor"
                                + "?sslmode=verify-full&connectTimeout=3");
        assertThat(address.user()).isEqualTo("anna");
        assertThat(address.password()).isEqualTo("p@ss+w/ord");
        assertThat(address.shown()).isEqualTo("postgresql://db.example:6432/moor");
    }

    @Test
    void theFormOfJavaIsUnderstoodAndLosesItsPassword() {
        DatabaseAddress address =
                DatabaseAddress.parse(
                        "jdbc:postgresql://[::1]:5432/moor?user=anna&sslmode=require&password=se%26c");
        assertThat(address.jdbcUrl())
                .isEqualTo("jdbc:postgresql://[::1]:5432/moor?sslmode=require");
        assertThat(address.user()).isEqualTo("anna");
        assertThat(address.password()).isEqualTo("se&c");
    }

    @Test
    void thePasswordIsNeverShown() {
        DatabaseAddress address = DatabaseAddress.parse("postgres://anna:hidden@host/moor");
        assertThat(address.toString()).isEqualTo("DatabaseAddress[anna at postgresql://host/moor]");
        assertThat(address.jdbcUrl()).doesNotContain("hidden");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://anna:hidden@host/moor",
                "anna:hidden@host/moor",
                "postgresql://anna:hidden@host/moor/deep",
                "postgresql://anna:hidden%zz@host/moor",
                "postgresql://anna:hidden@host",
                "postgresql://:hidden@host/moor",
                "jdbc:postgresql://anna:hidden@host/moor",
                ""
            })
    void aBrokenAddressIsRefusedInOneLineThatShowsNoPassword(String text) {
        assertThatThrownBy(() -> DatabaseAddress.parse(text))
                .isInstanceOf(StoreException.class)
                .hasNoCause()
                .message()
                .startsWith("database URL: ")
                .contains("expected: postgresql://user:password@host:5432/database")
                .doesNotContain("hidden")
                .doesNotContain("\n");
    }
}
