package mooring.app;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mooring.config.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpeningTest {

    @TempDir private Path folder;

    @Test
    void aBudgetForBodiesThatTheHeapCannotCarryIsRefusedAtTheStart() {
        Settings settings = Settings.load(List.of("--body-budget", "1024GiB"), Map.of(), folder);
        assertThatThrownBy(() -> PublicServer.Opening.of(settings))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("body-budget: 1099511627776 (expected: at most ")
                .hasMessageContaining("heap");
    }
}
