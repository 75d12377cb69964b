package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.util.BitSet;
import mooring.api.EventStream;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.inference.StreamEvent;
import mooring.json.Json;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A streamed text completion: a `text_completion` for each piece, then usage if it was asked for,
/// then `[DONE]`. A failure behind the first byte is an `error` event and no `[DONE]`.
final class TextStream implements Caller {

    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

    private final Exchange exchange;
    private final EventStream stream;
    private final TextRequest asked;
    private final long createdSeconds;
    private final TextJson form = new TextJson();
    private final BitSet echoed = new BitSet();

    TextStream(Exchange exchange, TextRequest asked, long createdSeconds) {
        this.exchange = exchange;
        this.asked = asked;
        this.createdSeconds = createdSeconds;
        this.stream = new EventStream(exchange);
    }

    @Override
    public boolean streaming() {
        return true;
    }

    @Override
    public void allowance(Allowance allowance) {
        Refusals.headers(exchange.response(), allowance);
    }

    @Override
    public void commit() {
        stream.keepAlive();
    }

    @Override
    public void keepAlive() {
        stream.keepAlive();
    }

    @Override
    public void event(StreamEvent event) {
        switch (event) {
            case StreamEvent.Delta delta -> {
                if (delta.text() != null || delta.logprobs() != null) {
                    String text = delta.text() == null ? "" : delta.text();
                    piece(
                            delta.choice(),
                            text,
                            form.logprobs(delta.choice(), delta.logprobs()),
                            null);
                }
            }
            case StreamEvent.Finished finished ->
                    piece(finished.choice(), "", null, ChatJson.finishReason(finished.reason()));
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    private void piece(
            int choice, String text, @Nullable JsonNode logprobs, @Nullable String finish) {
        ObjectNode chunk = chunk();
        chunk.putArray("choices")
                .addObject()
                .put("text", echo(choice) + text)
                .put("index", choice)
                .<ObjectNode>set("logprobs", logprobs)
                .put("finish_reason", finish);
        if (asked.includeUsage()) {
            chunk.putNull("usage");
        }
        send(chunk);
    }

    /// The prompt, before a choice's first piece, if it was asked for.
    private String echo(int choice) {
        if (asked.echoes().isEmpty() || echoed.get(choice)) {
            return "";
        }
        echoed.set(choice);
        return asked.echoes().get(choice * asked.echoes().size() / asked.request().choices());
    }

    @Override
    public void complete(Receipt receipt) {
        if (asked.includeUsage()) {
            ObjectNode last = chunk();
            last.putArray("choices");
            last.set("usage", ChatJson.usage(receipt.usage()));
            last.set("mooring", ChatJson.receipt(receipt));
            send(last);
        }
        stream.write(DONE.copy());
        stream.end();
    }

    @Override
    public void fail(Problem problem) {
        if (!stream.begun()) {
            stream.abandon();
            OpenAiErrors.answer(exchange, problem);
            return;
        }
        stream.write(
                Buffer.buffer("data: ")
                        .appendBuffer(OpenAiErrors.body(problem))
                        .appendString("\n\n"));
        stream.end();
    }

    @Override
    public boolean writable() {
        return stream.writable();
    }

    @Override
    public void onWritable(Runnable action) {
        stream.onWritable(action);
    }

    @Override
    public void drop() {
        stream.drop();
    }

    @Override
    public void onGone(Runnable action) {
        stream.onGone(action);
    }

    private ObjectNode chunk() {
        return Json.MAPPER
                .createObjectNode()
                .put("id", TextJson.answerId(exchange.id()))
                .put("object", "text_completion")
                .put("created", createdSeconds)
                .put("model", asked.request().model().text());
    }

    private void send(ObjectNode chunk) {
        stream.write(Buffer.buffer("data: " + chunk + "\n\n"));
    }
}
