package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class YamlFileTest {
    private static final String ENTRY = "- id: \"new\"\n  slots: 2\n";
    private static final String PRICE = "\"new\":\n  input: \"1\"\n";

    @TempDir Path folder = Path.of("");

    @Test
    void anEntryComesAfterTheLastOneAndNothingElseMoves() throws IOException {
        String before = "# mine\nmodels:\n    - id: a   # the first\n      slots: 4\n";
        assertThat(file("catalog.yaml", before).with(ENTRY))
                .isEqualTo(before + "\n    - id: \"new\"\n      slots: 2\n");

        String prices = "models:\n  a: {input: \"1\"}\n\n# at the end\ncurrency: USD\n";
        assertThat(file("prices.yaml", prices).with(PRICE))
                .isEqualTo(
                        "models:\n  a: {input: \"1\"}\n\n  \"new\":\n    input: \"1\"\n\n# at the"
                                + " end\ncurrency: USD\n");
    }

    @Test
    void itTakesTheFilesWayOfWriting() throws IOException {
        assertThat(file("catalog.yaml", "models:\n- id: a\n  slots: 1").with(ENTRY))
                .isEqualTo("models:\n- id: a\n  slots: 1\n\n- id: \"new\"\n  slots: 2\n");
        assertThat(file("catalog.yaml", "models:\r\n  - id: a\r\n").with(ENTRY))
                .isEqualTo("models:\r\n  - id: a\r\n\r\n  - id: \"new\"\r\n    slots: 2\r\n");
    }

    @Test
    void whatCannotBeChangedSafelyStaysAsItIs() throws IOException {
        for (String text :
                new String[] {
                    "models: [{id: a}]\n",
                    "{models: [{id: a}]}\n",
                    "\"models\":\n  - id: a\n",
                    "models:\n",
                    "",
                    "text: |\n  x\n  models:\nmodels: [{id: a}]\n",
                    "models: # none\ncurrency: USD\n",
                    "text: \"\nmodels:\n  - id: b\n\"\nmodels:\n  - id: a\n"
                }) {
            assertThat(file("catalog.yaml", text).with(ENTRY)).as(text).isNull();
        }
    }

    @Test
    void aPriceIsNeverWrittenOverAnother() throws IOException {
        String prices = "models:\n  new: {input: \"2\"}\n";
        assertThat(file("prices.yaml", prices).with(PRICE)).isNull();
    }

    @Test
    void aFileThatTheServerCouldNotReadIsNamedWithItsLine() {
        assertThatThrownBy(() -> file("catalog.yaml", "models:\n  - id: a\n id: b\n"))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith("here/catalog.yaml, line 3 is not YAML");
        assertThatThrownBy(() -> file("catalog.yaml", "models: []\nmodels: []\n"))
                .isInstanceOf(Refusal.class);
    }

    @Test
    void aReplacedFileKeepsItsRightsAndALinkStaysOne() throws IOException {
        Path real = Files.writeString(folder.resolve("real.yaml"), "models:\n  - id: a\n");
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
        Path link = Files.createSymbolicLink(folder.resolve("catalog.yaml"), real);
        YamlFile file = YamlFile.in(folder, "here", "catalog.yaml");

        file.replace(Objects.requireNonNull(file.with(ENTRY)));

        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Files.readString(real)).contains("id: \"new\"");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real)))
                .isEqualTo("rw-r-----");
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    private YamlFile file(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
        return YamlFile.in(folder, "here", name);
    }
}
