package mooring.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import mooring.json.JsonBytes.Name;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class JsonBytesTest {

    private static final Name TEXT = Name.of("text");
    private static final Name NUMBER = Name.of("number");
    private static final Name LIST = Name.of("list");
    private static final Name INNER = Name.of("inner");

    @Property
    void aParserGivesBackEveryTextAndNumber(
            @ForAll String text, @ForAll long number, @ForAll @IntRange(max = 64) int room)
            throws IOException {
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);

        JsonNode read =
                read(
                        new JsonBytes(room)
                                .beginObject()
                                .text(TEXT, text)
                                .number(NUMBER, number)
                                .endObject());

        assertThat(read.path("text").textValue()).isEqualTo(whole);
        assertThat(read.path("number").longValue()).isEqualTo(number);
        assertThat(read).hasSize(2);
    }

    @Property
    void aFieldMayHaveAnyName(@ForAll String text) throws IOException {
        String name = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        ObjectNode expected = Json.MAPPER.createObjectNode().put(name, 1);

        assertThat(read(new JsonBytes(0).beginObject().number(Name.of(name), 1).endObject()))
                .isEqualTo(expected);
        assertThat(read(new JsonBytes(0).beginObject().raw(name, "1").endObject()))
                .isEqualTo(expected);
    }

    @Test
    void commasStandBetweenFieldsAndElementsAndNowhereElse() {
        JsonBytes json =
                new JsonBytes(1)
                        .beginObject()
                        .beginArray(LIST)
                        .beginObject()
                        .nothing(TEXT)
                        .raw(INNER, "{\"a\":[1, 2]}")
                        .endObject()
                        .beginObject()
                        .endObject()
                        .endArray()
                        .beginObject(INNER)
                        .text(TEXT, "{")
                        .text(LIST, ",")
                        .endObject()
                        .number(NUMBER, 0)
                        .endObject();

        assertThat(json.buffer().toString())
                .isEqualTo(
                        """
                        {"list":[{"text":null,"inner":{"a":[1, 2]}},{}],\
                        "inner":{"text":"{","list":","},"number":0}""");
    }

    @Test
    void aFieldFollowsAReadyPartThatEndsInAComma() {
        byte[] part = "data: {\"id\":1,".getBytes(StandardCharsets.UTF_8);

        assertThat(new JsonBytes(4).ready(part).number(NUMBER, 2).endObject().buffer().toString())
                .isEqualTo("data: {\"id\":1,\"number\":2}");
    }

    private static JsonNode read(JsonBytes json) throws IOException {
        return Json.MAPPER.readTree(json.buffer().getBytes());
    }
}
