package mooring.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextBytesTest {

    @Property
    void aTextIsEscapedSoThatAParserGivesItBack(@ForAll String text) throws IOException {
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);

        assertThat(parsed(TextBytes.escaped(text))).isEqualTo(whole);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "\"",
                "a \\ b",
                "line\nline\r\t\b\f",
                "\u0000 \u001f \u007f \u2028",
                "合同第十二条",
                "ngā kupu tāpiri",
                "👩‍⚖️ \"quoted\""
            })
    void quotesControlCharactersAndEveryScriptSurvive(String text) throws IOException {
        assertThat(parsed(TextBytes.escaped(text))).isEqualTo(text);
    }

    private static String parsed(byte[] escaped) throws IOException {
        String json = '"' + new String(escaped, StandardCharsets.UTF_8) + '"';
        return Json.MAPPER.readTree(json).textValue();
    }
}
