package mooring.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import mooring.testing.Reply;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Pictures in requests of every dialect, and where none may come from.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagesTest {

    private static final String PNG =
            Base64.getEncoder()
                    .encodeToString(
                            new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 7, 7});
    private static final String DATA_URL = "data:image/png;base64," + PNG;
    private static final String IN_THE_ENGINES_BODY =
            "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + DATA_URL + "\"";

    private final TestingServer server = TestingServer.start();
    private final Customer customer = server.customer("1");

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @Test
    void aChatsPictureReachesTheEngineAsItIs() {
        expectSeen(chat("canned", DATA_URL), ",\"detail\":\"high\"}}");
    }

    @Test
    void aMessagesPictureReachesTheEngine() {
        expectSeen(
                messages(
                        "canned",
                        "{\"type\": \"base64\", \"media_type\": \"image/png\", \"data\": \""
                                + PNG
                                + "\"}"),
                "}}");
    }

    @Test
    void aToolsPictureFollowsItsTextInATurnOfTheUser() {
        expectSeen(
                post(
                        "/v1/messages",
                        """
                        {"model": "canned", "max_tokens": 5, "messages": [
                          {"role": "user", "content": "Look."},
                          {"role": "assistant", "content": [{"type": "tool_use", "id": "t1",
                            "name": "camera", "input": {}}]},
                          {"role": "user", "content": [{"type": "tool_result",
                            "tool_use_id": "t1", "content": [
                              {"type": "text", "text": "Here."},
                              {"type": "image", "source": {"type": "base64",
                                "media_type": "image/png", "data": "%s"}}]}]}]}
                        """
                                .formatted(PNG)),
                "}}");
        assertThat(server.canned().bodies().getLast())
                .contains("\"role\":\"tool\",\"content\":\"Here.\"");
    }

    @Test
    void aResponsesPictureReachesTheEngine() {
        expectSeen(responses("canned", DATA_URL), "}}");
    }

    @Test
    void aModelWithoutEyesSaysSoInEachDialect() {
        expectRefused(chat("tide", DATA_URL), "content[1].type", "this model takes text only");
        expectRefused(
                messages("tide", "{\"type\": \"base64\"}"),
                "content[1].type",
                "this model takes text only");
        expectRefused(responses("tide", DATA_URL), "content[1].type", "this model takes text only");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1/a.png",
                "http://localhost/a.png",
                "https://10.1.2.3/a.png",
                "http://169.254.169.254/latest/meta-data/",
                "http://[::1]/a.png",
                "http://[::ffff:127.0.0.1]:8080/a.png",
                "http://2130706433/a.png",
                "file:///etc/passwd",
                "ftp://example.com/a.png",
                "gopher://example.com/",
                "http://user:secret@example.com/a.png",
                "https:///a.png",
                "a.png",
                "data:text/html;base64,PGh0bWw+",
                "data:image/png,raw",
                "data:image/png;base64,@@@@"
            })
    void aUrlThatIsNoPublicPictureIsRefusedInEachDialect(String url) {
        int before = server.canned().bodies().size();
        expectRefused(chat("canned", url), "messages[0].content[1].image_url.url", "expected: ");
        expectRefused(
                messages("canned", "{\"type\": \"url\", \"url\": \"" + url + "\"}"),
                "messages[0].content[1].source.url",
                "expected: ");
        expectRefused(responses("canned", url), "input[0].content[1].image_url", "expected: ");
        assertThat(server.canned().bodies()).hasSize(before);
    }

    @Test
    void whichModelsTakePicturesIsInTheirList() {
        Reply models = server.send("GET", "/v1/models", customer.key(), null);
        for (String model : List.of("canned", "tide")) {
            models.json()
                    .path("data")
                    .forEach(
                            entry -> {
                                if (entry.path("id").asText().equals(model)) {
                                    assertThat(entry.path("supports_image_in").asBoolean())
                                            .isEqualTo(model.equals("canned"));
                                }
                            });
        }
    }

    private void expectSeen(Reply answer, String then) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(server.canned().bodies().getLast()).contains(IN_THE_ENGINES_BODY + then);
    }

    private static void expectRefused(Reply answer, String field, String said) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.at("/error/message")).contains(field).contains(said);
    }

    private Reply chat(String model, String url) {
        return post(
                "/v1/chat/completions",
                """
                {"model": "%s", "max_tokens": 5, "messages": [{"role": "user", "content": [
                  {"type": "text", "text": "What is this?"},
                  {"type": "image_url", "image_url": {"url": "%s", "detail": "high"}}]}]}
                """
                        .formatted(model, url));
    }

    private Reply messages(String model, String source) {
        return post(
                "/v1/messages",
                """
                {"model": "%s", "max_tokens": 5, "messages": [{"role": "user", "content": [
                  {"type": "text", "text": "What is this?"},
                  {"type": "image", "source": %s}]}]}
                """
                        .formatted(model, source));
    }

    private Reply responses(String model, String url) {
        return post(
                "/v1/responses",
                """
                {"model": "%s", "max_output_tokens": 5, "input": [{"role": "user", "content": [
                  {"type": "input_text", "text": "What is this?"},
                  {"type": "input_image", "image_url": "%s"}]}]}
                """
                        .formatted(model, url));
    }

    private Reply post(String path, String body) {
        server.canned()
                .says(
                        """
                        data: {"choices":[{"index":0,"delta":{"content":"A bird."},\
                        "finish_reason":"stop"}],"usage":{"prompt_tokens":90,"completion_tokens":3}}

                        data: [DONE]

                        """);
        return server.send("POST", path, customer.key(), body);
    }
}
