package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import mooring.api.ClientPresence;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.json.Json;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A whole text completion: the pieces are gathered and leave as one `text_completion`.
final class TextAnswer implements Caller {

    private final Exchange exchange;
    private final TextRequest asked;
    private final long createdSeconds;
    private final ClientPresence presence;
    private final TextJson form = new TextJson();
    private final List<Choice> choices;

    /// One choice while it is put together.
    private static final class Choice {
        private final StringBuilder text = new StringBuilder();
        private FinishReason finish = FinishReason.STOP;
        private @Nullable ObjectNode logprobs;
    }

    TextAnswer(Exchange exchange, TextRequest asked, long createdSeconds) {
        this.exchange = exchange;
        this.asked = asked;
        this.createdSeconds = createdSeconds;
        this.presence = new ClientPresence(exchange.response());
        int count = asked.request().choices();
        this.choices = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Choice choice = new Choice();
            if (!asked.echoes().isEmpty()) {
                choice.text.append(asked.echoes().get(i * asked.echoes().size() / count));
            }
            choices.add(choice);
        }
    }

    @Override
    public boolean streaming() {
        return false;
    }

    @Override
    public void allowance(Allowance allowance) {
        Refusals.headers(exchange.response(), allowance);
    }

    @Override
    public void commit() {}

    @Override
    public void keepAlive() {}

    @Override
    public void event(StreamEvent event) {
        switch (event) {
            case StreamEvent.Delta delta -> {
                Choice choice = choices.get(delta.choice());
                if (delta.text() != null) {
                    choice.text.append(delta.text());
                }
                JsonNode logprobs = form.logprobs(delta.choice(), delta.logprobs());
                if (logprobs != null) {
                    choice.logprobs = TextJson.joined(choice.logprobs, logprobs);
                }
            }
            case StreamEvent.Finished finished ->
                    choices.get(finished.choice()).finish = finished.reason();
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    @Override
    public void complete(Receipt receipt) {
        presence.over();
        ObjectNode answer =
                Json.MAPPER
                        .createObjectNode()
                        .put("id", TextJson.answerId(exchange.id()))
                        .put("object", "text_completion")
                        .put("created", createdSeconds)
                        .put("model", asked.request().model().text());
        ArrayNode written = answer.putArray("choices");
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get(i);
            written.addObject()
                    .put("text", choice.text.toString())
                    .put("index", i)
                    .<ObjectNode>set("logprobs", choice.logprobs)
                    .put("finish_reason", ChatJson.finishReason(choice.finish));
        }
        answer.set("usage", ChatJson.usage(receipt.usage()));
        answer.set("mooring", ChatJson.receipt(receipt));
        exchange.json(200, answer);
    }

    @Override
    public void fail(Problem problem) {
        presence.over();
        OpenAiErrors.answer(exchange, problem);
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public void onWritable(Runnable action) {}

    @Override
    public void drop() {
        exchange.drop();
        presence.dropped();
    }

    @Override
    public void onGone(Runnable action) {
        presence.onGone(action);
    }
}
