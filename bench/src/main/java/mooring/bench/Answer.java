package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a client got of one answer, complete or not.
final class Answer {

    /// One piece of content on the wire, and when it was there.
    record Piece(String text, long atNanos) {}

    int status;
    String requestId = "";

    /// The answer came with its end: `[DONE]`, or the whole body.
    boolean complete;

    /// The server said that nothing more comes on this connection.
    boolean lastOfConnection;

    /// Our own close, and its instant.
    @Nullable Instant leftAt;

    @Nullable String trouble;
    @Nullable Tokens usage;
    @Nullable BigDecimal cost;
    final List<Piece> pieces = new ArrayList<>();
    final Map<Integer, StringBuilder> texts = new TreeMap<>();
    final Map<Integer, String> finishReasons = new TreeMap<>();

    boolean delivered() {
        return status == 200 && complete && trouble == null;
    }

    String text() {
        StringBuilder text = texts.get(0);
        return text == null ? "" : text.toString();
    }

    void chunk(JsonNode chunk) {
        if (chunk.has("error")) {
            trouble = chunk.toString();
        }
        for (JsonNode choice : chunk.path("choices")) {
            int index = choice.path("index").asInt();
            JsonNode delta = choice.path("delta");
            String content = delta.path("content").asText("");
            if (!content.isEmpty()) {
                texts.computeIfAbsent(index, _ -> new StringBuilder()).append(content);
            }
            String piece = content + delta.path("reasoning_content").asText("");
            if (!piece.isEmpty()) {
                pieces.add(new Piece(piece, System.nanoTime()));
            }
            finish(index, choice);
        }
        readUsage(chunk);
    }

    void whole(JsonNode body) {
        for (JsonNode choice : body.path("choices")) {
            int index = choice.path("index").asInt();
            texts.put(index, new StringBuilder(choice.path("message").path("content").asText("")));
            finish(index, choice);
        }
        readUsage(body);
    }

    private void finish(int index, JsonNode choice) {
        if (choice.path("finish_reason").isTextual()) {
            finishReasons.put(index, choice.path("finish_reason").asText());
        }
    }

    private void readUsage(JsonNode node) {
        if (node.path("usage").isObject()) {
            usage = Tokens.reported(node.path("usage"));
        }
        JsonNode amount = node.path("mooring").path("cost").path("amount");
        if (amount.isTextual()) {
            cost = new BigDecimal(amount.asText());
        }
    }
}
