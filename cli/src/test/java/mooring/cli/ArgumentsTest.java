package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ArgumentsTest {
    @Test
    void theLastArgumentsOfTheCommandLineAreTheProgramsOwn() {
        byte[] commandLine = "java\0-jar\0x.jar\0chat\0\0Ngā\0".getBytes(StandardCharsets.UTF_8);

        assertThat(Arguments.last(commandLine, new String[] {"chat", "", "Ng??"}))
                .containsExactly("chat", "", "Ngā");
    }

    @Test
    void aCommandLineThatIsTooShortIsNotTrusted() {
        byte[] commandLine = "java\0".getBytes(StandardCharsets.UTF_8);

        assertThat(Arguments.last(commandLine, new String[] {"chat", "é"}))
                .containsExactly("chat", "é");
    }
}
