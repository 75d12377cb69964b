package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract says of each route that costs money how to ask again without paying again.
class PaidRoutesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/embeddings",
                "/v1/responses",
                "/v1/messages"
            })
    void aPaidRouteTakesAKeyAndSaysWhenItsAnswerIsARepetition(String path) throws IOException {
        JsonNode contract =
                new ObjectMapper(new YAMLFactory())
                        .readTree(Project.ROOT.resolve("docs/api/openapi.yaml").toFile());
        JsonNode post = contract.path("paths").path(path).path("post");

        assertThat(post.path("parameters").findValuesAsText("$ref"))
                .containsExactly("#/components/parameters/AnswerKey");
        assertThat(post.at("/responses/200/headers/idempotent-replayed/$ref").asText())
                .isEqualTo("#/components/headers/IdempotentReplayed");
        assertThat(contract.at("/components/parameters/AnswerKey/name").asText())
                .isEqualTo("Idempotency-Key");
        assertThat(contract.at("/components/headers/IdempotentReplayed").isObject()).isTrue();
    }
}
