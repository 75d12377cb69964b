package mooring.simulator.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class TokenizerTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void aWordOfUpToFourLettersWithItsSpaceIsOneToken() {
        assertThat(Tokenizer.tokens("the contract of 2026"))
                .containsExactly("the", " cont", "ract", " of", " 2026");
    }

    @Test
    void everyOtherCodePointIsOneToken() {
        assertThat(Tokenizer.tokens("āe 中文😀!  \n"))
                .containsExactly("ā", "e", " ", "中", "文", "😀", "!", " ", " ", "\n");
    }

    @Test
    void aMarkerIsOneToken() {
        assertThat(Tokenizer.tokens("<|user|>hi<|end|><|Not|>"))
                .containsExactly("<|user|>", "hi", "<|end|>", "<", "|", "Not", "|", ">");
    }

    @Test
    void aMessageCostsTwoTokensMoreThanItsTextAndTheAnswersOpeningOne() throws Exception {
        JsonNode messages =
                JSON.readTree(
                        """
                        [{"role":"system","content":"be kind"},
                         {"role":"user","content":[{"type":"text","text":"hi"},
                                                   {"type":"image_url","image_url":{}}]}]
                        """);

        String prompt = ChatTemplate.render(messages, null, true);

        assertThat(prompt)
                .isEqualTo("<|system|>be kind<|end|><|user|>hi<|image|><|end|><|assistant|>");
        assertThat(Tokenizer.count(prompt)).isEqualTo((2 + 2) + (2 + 2) + 1);
    }

    @Test
    void promptsShareTheBlocksBeforeTheirFirstDifferenceOnly() {
        Prompt one = Prompt.of("a".repeat(64) + " x".repeat(100), "m");
        Prompt two = Prompt.of("a".repeat(64) + " x".repeat(20) + " y", "m");
        Prompt salted = Prompt.of("a".repeat(64), "m/salt");

        assertThat(one.tokens()).isEqualTo(116);
        assertThat(one.blockCount()).isEqualTo(7);
        assertThat(two.blockCount()).isEqualTo(2);
        assertThat(one.block(0)).isEqualTo(two.block(0)).isNotEqualTo(salted.block(0));
        assertThat(one.block(1)).isEqualTo(two.block(1));
    }

    @Test
    void aMillionTokensAreReadInNoTime() {
        String text = " word".repeat(1_000_000);
        long start = System.nanoTime();

        Prompt prompt = Prompt.of(text, "m");

        assertThat(prompt.tokens()).isEqualTo(1_000_000);
        assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(20_000);
    }

    @Test
    void everyPseudoWordIsOneToken() {
        StringBuilder text = new StringBuilder();
        for (int place = 0; place < 5_000; place++) {
            text.append(PseudoWords.word(7, place));
        }

        assertThat(Tokenizer.count(text.toString())).isEqualTo(5_000);
    }

    @Test
    void aSampleDocumentObeysItsSchema() throws Exception {
        JsonNode schema =
                JSON.readTree(
                        """
                        {"type":"object","required":["name","age","tags","kind","where","score"],
                         "properties":{
                           "name":{"type":"string","minLength":3},
                           "age":{"type":"integer","minimum":18},
                           "tags":{"type":"array","minItems":2,"items":{"type":"boolean"}},
                           "kind":{"enum":["b","c"]},
                           "where":{"$ref":"#/$defs/place"},
                           "score":{"anyOf":[{"type":"number","exclusiveMinimum":1},
                                             {"type":"null"}]},
                           "unused":{"type":"string"}},
                         "$defs":{"place":{"type":"object","required":["id"],
                                           "properties":{"id":{"const":7}}}}}
                        """);

        assertThat((Object) SchemaSample.of(schema))
                .hasToString(
                        "{\"name\":\"aaa\",\"age\":18,\"tags\":[false,false],\"kind\":\"b\","
                                + "\"where\":{\"id\":7},\"score\":1.5}");
    }
}
