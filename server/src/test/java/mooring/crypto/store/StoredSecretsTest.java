package mooring.crypto.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import mooring.crypto.MasterKey;
import mooring.crypto.UnsealException;
import mooring.testing.TestDatabase;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

/// Secrets in the database, and what another master key makes of them.
class StoredSecretsTest {

    @Test
    void aSecretIsKeptReplacedAndRemovedAndAnotherKeyReadsNone() {
        try (TestDatabase database = TestDatabase.create()) {
            PostgresStoredSecrets secrets = secrets(database, "11");
            PostgresStoredSecrets others = secrets(database, "22");
            secrets.put("smtp/password", "first".getBytes(UTF_8));
            secrets.put("smtp/password", "second".getBytes(UTF_8));
            secrets.put("webhook/1", "third".getBytes(UTF_8));
            assertThat(secrets.get("smtp/password")).contains("second".getBytes(UTF_8));
            assertThat(secrets.get("nowhere")).isEmpty();
            assertThat(secrets.unreadable()).isEmpty();

            assertThat(others.unreadable()).containsExactly("smtp/password", "webhook/1");
            assertThatThrownBy(() -> others.get("webhook/1")).isInstanceOf(UnsealException.class);
            others.put("webhook/1", "entered again".getBytes(UTF_8));
            assertThat(others.unreadable()).containsExactly("smtp/password");
            others.remove("smtp/password");
            assertThat(others.unreadable()).isEmpty();
        }
    }

    private static PostgresStoredSecrets secrets(TestDatabase database, String digits) {
        return new PostgresStoredSecrets(
                database.database().jdbi(), MasterKey.parse(digits.repeat(32)), Clock.system());
    }
}
