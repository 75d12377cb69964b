package mooring.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SettingsReferenceTest {

    private static final Path PAGE = Path.of("../docs/reference/settings.md");

    @Test
    void theReferenceListsExactlyTheSettingsThereAre() throws IOException {
        List<String> table =
                Files.readAllLines(PAGE).stream().filter(line -> line.startsWith("|")).toList();
        assertThat(String.join("\n", table))
                .as("the table of docs/reference/settings.md; replace it by what was expected")
                .isEqualTo(expectedTable());
    }

    private static String expectedTable() {
        return "| Setting | Default | Value | What it does |\n|---|---|---|---|\n"
                + KnownSettings.ALL.stream()
                        .map(SettingsReferenceTest::row)
                        .collect(Collectors.joining("\n"));
    }

    private static String row(Setting<?> setting) {
        String byDefault = setting.byDefault() == null ? "none" : "`" + setting.byDefault() + "`";
        return "| `%s` | %s | %s | %s |"
                .formatted(setting.name(), byDefault, setting.kind().expected(), setting.doc());
    }
}
