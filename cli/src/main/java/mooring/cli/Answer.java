package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/// A model's answer on its way to the reader, and the account under it.
final class Answer {
    private static final String DONE = "[DONE]";

    private final PrintStream out;
    private final boolean terminal;
    private boolean lineOpen;
    private String finishReason = "";
    private @Nullable JsonNode usage;
    private @Nullable JsonNode cost;

    /// A terminal is spared control characters; a file gets the text as it is.
    Answer(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /// Prints the text as it comes, and at its clean end the tokens, cost and balance.
    void follow(EventStream events, Api api) {
        try {
            String data = events.next();
            while (data != null && !data.equals(DONE)) {
                take(data);
                data = events.next();
            }
            if (data == null && finishReason.isEmpty()) {
                throw new Refusal(
                        "The answer was cut off before its end; what came is paid. Ask again.");
            }
        } finally {
            endLine();
        }
        account(api);
    }

    private void take(String data) {
        ObjectNode chunk = Json.parse(data);
        if (chunk == null) {
            throw new Refusal("The server sent an event that is not JSON: see ./mooring logs.");
        }
        if (chunk.path("error").isObject()) {
            throw new Refusal(
                    Problems.sentence(chunk.path("error"))
                            + " The answer ends here; what came is paid.");
        }
        if (chunk.path("usage").isObject()) {
            usage = chunk.path("usage");
        }
        if (chunk.path("mooring").isObject()) {
            cost = chunk.path("mooring");
        }
        JsonNode choice = chunk.path("choices").path(0);
        if (choice.path("finish_reason").isTextual()) {
            finishReason = choice.path("finish_reason").asText();
        }
        if (choice.path("delta").path("content").isTextual()) {
            print(choice.path("delta").path("content").asText());
        }
    }

    private void print(String text) {
        if (text.isEmpty()) {
            return;
        }
        out.print(terminal ? Text.printable(text) : text);
        lineOpen = !text.endsWith("\n");
        // Also true when the reader has gone, as under `head`: the answer is then cancelled.
        if (out.checkError()) {
            throw new Refusal("The answer could not be written; it was stopped.");
        }
    }

    private void endLine() {
        if (lineOpen) {
            out.println();
        }
        out.flush();
    }

    private void account(Api api) {
        out.println();
        JsonNode tokens = usage == null ? Json.object() : usage;
        JsonNode details = tokens.path("prompt_tokens_details");
        Fields fields =
                Fields.of("tokens in", Json.text(tokens, "prompt_tokens"))
                        .add("cached", Json.text(details, "cached_tokens"))
                        .add("tokens out", Json.text(tokens, "completion_tokens"));
        if (cost != null) {
            fields.add("cost", Json.money(cost, "cost"));
            fields.add("balance", Json.money(cost, "balance"));
        } else {
            JsonNode balance = api.get("/v1/users/me/balance").path("data");
            fields.add("cost", "not reported");
            fields.add("balance", Json.text(balance, "available_balance"));
        }
        if (!finishReason.equals("stop")) {
            fields.add("ended by", finishReason + hint());
        }
        fields.print(out);
        out.flush();
    }

    private String hint() {
        return finishReason.equals("length") ? " (more with --max-tokens)" : "";
    }
}
