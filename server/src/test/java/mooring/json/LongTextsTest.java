package mooring.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Random;
import mooring.api.JsonBody;
import mooring.problem.ProblemException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongTextsTest {

    private static final String[] PIECES = {
        "plain words ",
        "\"",
        "\\",
        "\n",
        "\t",
        "\u0001",
        "/",
        "ā",
        "约束",
        "😀",
        "\u007f",
        "\u2028",
        "\uE000"
    };

    /// Above this the API takes long texts out.
    private static final int LARGE = 300_000;

    @Property(tries = 60)
    void whateverIsSaidIsReadAsTheParserReadsIt(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", "m").put("empty", "");
        for (int i = 0; i < 4; i++) {
            body.putArray("a" + i)
                    .add(text(random))
                    .add("")
                    .add(i)
                    .addObject()
                    .put("t", text(random));
        }
        byte[] json = Json.MAPPER.writeValueAsBytes(body);
        LongTexts texts = Objects.requireNonNull(LongTexts.takenOut(json));
        assertThat(texts.tree()).isEqualTo(Json.MAPPER.readTree(json));
        assertThat(texts.rest().length).isLessThan(100_000);
    }

    @Property(tries = 60)
    void aTextIsSentOnInTheBytesThatItCameIn(@ForAll long seed) throws Exception {
        String text = "long ".repeat(1_000) + text(new Random(seed));
        byte[] body = Json.MAPPER.writeValueAsBytes(Json.MAPPER.createObjectNode().put("t", text));
        LongTexts texts = Objects.requireNonNull(LongTexts.takenOut(body));
        LongTextNode node = (LongTextNode) texts.tree().get("t");
        assertThat(node.textValue()).isEqualTo(text);
        assertThat(node.utf8Length()).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
        assertThat(node.chars()).isEqualTo(text.length());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = Json.FACTORY.createGenerator(out)) {
            json.writeStartArray();
            json.writeNumber(1);
            LongTexts.writeQuoted(json, node.json(), node.from(), node.length());
            json.writeString("behind");
            json.writeEndArray();
        }
        JsonNode sent = Json.MAPPER.readTree(out.toByteArray());
        assertThat(sent.get(1).textValue()).isEqualTo(text);
        assertThat(sent.get(2).textValue()).isEqualTo("behind");
    }

    @Property(tries = 60)
    void whateverIsWrittenIsReadAgainAsItWas(@ForAll long seed) throws Exception {
        String text = text(new Random(seed));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = Json.FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeFieldName("text");
            LongTexts.write(json, text);
            json.writeEndObject();
        }
        assertThat(Json.MAPPER.readTree(out.toByteArray()).get("text").textValue()).isEqualTo(text);
    }

    @Property(tries = 60)
    void aTextIsAsLongAsItsBytes(@ForAll long seed) {
        String text = text(new Random(seed));
        for (String each : new String[] {text, text.substring(0, Math.min(100, text.length()))}) {
            String whole = each.endsWith("\uD83D") ? each + "\uDE00" : each;
            assertThat(LongTexts.utf8Length(whole))
                    .isEqualTo(whole.getBytes(StandardCharsets.UTF_8).length);
        }
    }

    @Test
    void escapesOfEveryKindAreUnderstood() throws Exception {
        String filling = "x".repeat(LARGE);
        String json =
                "{\"text\":\""
                        + filling
                        + "\\u0041\\ud83d\\ude00\\/\\b\\f\\r\\u00e9\\u20AC"
                        + "\"}";
        JsonNode read = JsonBody.parse(Buffer.buffer(json));
        assertThat(read.get("text").textValue()).isEqualTo(filling + "A😀/\b\f\ré€");
        assertThat(LongTexts.takenOut(json.getBytes(StandardCharsets.UTF_8))).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":\"%s\\q\"}",
                "{\"a\":\"%s\\u12\"}",
                "{\"a\":\"%s\\u12G4\"}",
                "{\"a\":\"%s\n\"}",
                "{\"a\":\"%s",
                "{\"a\":\"%s\\\"}",
                "{\"a\":\"%s\" \"b\":1}",
                "{\"a\":\"%s\",\"a\":2}",
                "{\"a\":\"%s\"} {}",
                "{\"a\":\"%s\"}\"",
                "{\"a\":\"%s\",}",
                "[\"%s\"]"
            })
    void whatIsNoJsonIsRefusedInTheWordsOfTheParser(String shape) {
        String json = shape.formatted("line\\n".repeat(LARGE / 6));
        Throwable small =
                org.assertj.core.api.Assertions.catchThrowable(
                        () -> JsonBody.parse(Buffer.buffer(shape.formatted("w"))));
        assertThat(small).isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> JsonBody.parse(Buffer.buffer(json)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("body: ");
    }

    @Test
    void theRefusalNamesThePlaceInTheWholeBody() {
        String json = "{\"a\":\"" + "w".repeat(LARGE) + "\",\"b\":}";
        assertThatThrownBy(() -> JsonBody.parse(Buffer.buffer(json)))
                .hasMessageContaining("line 1, column " + json.length());
    }

    @Test
    void halfASurrogatePairInALongTextIsRefused() {
        String json = "{\"a\":\"" + "w".repeat(LARGE) + "\\ud83d and on\"}";
        assertThatThrownBy(() -> JsonBody.parse(Buffer.buffer(json)))
                .hasMessageContaining("\\ud83d alone");
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] json = ("{\"a\":\"" + "w".repeat(LARGE) + "?\"}").getBytes(StandardCharsets.UTF_8);
        json[json.length - 3] = (byte) 0xC3;
        assertThatThrownBy(() -> JsonBody.parse(Buffer.buffer(json))).hasMessageContaining("UTF-8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "C0 80",
                "C1 BF",
                "E0 9F BF",
                "ED A0 80",
                "F0 8F BF BF",
                "F4 90 80 80",
                "F5 80 80 80",
                "80",
                "E2 82",
                "F0 9F 98",
                "C3 C3",
                "FF"
            })
    void whatUtf8ForbidsIsTakenFromNobody(String bytes) {
        byte[] json = ("{\"a\":\"" + "w".repeat(LARGE)).getBytes(StandardCharsets.UTF_8);
        Buffer body = Buffer.buffer(json);
        body.appendBytes(HexFormat.ofDelimiter(" ").parseHex(bytes)).appendString(" on\"}");
        assertThat(LongTexts.takenOut(body.getBytes())).isNull();
        assertThatThrownBy(() -> JsonBody.parse(body)).isInstanceOf(ProblemException.class);
    }

    @Test
    void aTreeIsWrittenWithItsLongTexts() {
        String json = "{\"a\":{\"b\":[\"" + "line\\n".repeat(LARGE / 6) + "\",1]},\"c\":\"\"}";
        assertThat(JsonBody.parse(Buffer.buffer(json)).toString()).isEqualTo(json);
    }

    @Test
    void theReplacementCharacterItselfIsText() {
        String text = "w".repeat(LARGE) + "\uFFFD";
        assertThat(JsonBody.parse(Buffer.buffer("{\"a\":\"" + text + "\"}")).get("a").textValue())
                .isEqualTo(text);
    }

    @Test
    void aLongNameIsANameAndNoText() {
        String name = "n".repeat(10_000);
        String json = "{\"" + name + "\" : 1, \"text\": \"" + "w".repeat(LARGE) + "\"}";
        assertThat(JsonBody.parse(Buffer.buffer(json)).get(name).intValue()).isEqualTo(1);
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(20_000);
        while (text.length() < length) {
            text.append(PIECES[random.nextInt(4) == 0 ? random.nextInt(PIECES.length) : 0]);
        }
        return text.toString();
    }
}
