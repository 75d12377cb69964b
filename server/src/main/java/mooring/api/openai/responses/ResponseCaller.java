package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Optional;
import mooring.api.ClientPresence;
import mooring.api.EventStream;
import mooring.api.Refusals;
import mooring.api.openai.ChatJson;
import mooring.api.openai.OpenAiErrors;
import mooring.http.Exchange;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A response on its way to who asked: as events with numbers, or as one object at its end.
///
/// Nothing is streamed before the first content, so that a failure before it is an HTTP error. What
/// is to be kept is kept before the last event, so that the next request can follow it.
final class ResponseCaller implements Caller {

    /// Keeps a whole response; succeeds with whether it is kept, and never fails.
    @FunctionalInterface
    interface Keeper {
        Future<Boolean> keep(ObjectNode response);
    }

    private final Exchange exchange;
    private final CreateResponse asked;
    private final Keeper keeper;
    private final long createdSeconds;
    private final @Nullable EventStream stream;
    private final @Nullable ClientPresence presence;
    private final OutputItems items;
    private FinishReason finish = FinishReason.STOP;
    private boolean begun;
    private int sequence;
    private boolean ended;
    private Runnable leave = () -> {};
    private @Nullable Promise<Optional<ObjectNode>> cancelled;

    ResponseCaller(Exchange exchange, CreateResponse asked, Keeper keeper, long createdSeconds) {
        this.exchange = exchange;
        this.asked = asked;
        this.keeper = keeper;
        this.createdSeconds = createdSeconds;
        this.stream = asked.stream() ? new EventStream(exchange) : null;
        this.presence = asked.stream() ? null : new ClientPresence(exchange.response());
        this.items = new OutputItems(ResponseIds.digits(exchange.id()), this::send);
    }

    @Override
    public boolean streaming() {
        return stream != null;
    }

    @Override
    public void allowance(Allowance allowance) {
        Refusals.headers(exchange.response(), allowance);
    }

    @Override
    public void commit() {
        keepAlive();
    }

    @Override
    public void keepAlive() {
        if (stream != null) {
            stream.keepAlive();
        }
    }

    @Override
    public void event(StreamEvent event) {
        begin();
        switch (event) {
            case StreamEvent.Delta delta -> items.add(delta);
            case StreamEvent.Finished finished -> {
                finish = finished.reason();
                items.end(finish);
            }
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    private void begin() {
        if (!begun) {
            begun = true;
            about("response.created", response("in_progress", null));
            about("response.in_progress", response("in_progress", null));
        }
    }

    /// Ends it as if its reader had gone, and succeeds with what there is of it once that is
    /// booked; with nothing where it came to its own end before. On its event loop.
    Future<Optional<ObjectNode>> cancel() {
        if (ended) {
            return Future.succeededFuture(Optional.empty());
        }
        Promise<Optional<ObjectNode>> asked = cancelled;
        if (asked == null) {
            asked = Promise.promise();
            cancelled = asked;
            leave.run();
        }
        return asked.future();
    }

    /// Told to whoever cancels it, and to its own reader, who may still be there.
    @Override
    public void left(@Nullable Receipt receipt) {
        ended = true;
        Promise<Optional<ObjectNode>> waiting = cancelled;
        if (waiting == null) {
            return;
        }
        begin();
        items.breakOff();
        ObjectNode response = response("cancelled", receipt == null ? null : receipt.usage());
        (asked.store() ? keeper.keep(response) : Future.succeededFuture(false))
                .onSuccess(
                        kept -> {
                            response.put("store", kept);
                            deliver(response, receipt);
                            waiting.complete(Optional.of(response));
                        });
    }

    /// It came to its own end.
    private void ended() {
        ended = true;
        if (cancelled != null) {
            cancelled.complete(Optional.empty());
        }
    }

    @Override
    public void complete(Receipt receipt) {
        ended();
        boolean whole = finish == FinishReason.STOP || finish == FinishReason.TOOL_CALLS;
        ObjectNode response = response(whole ? "completed" : "incomplete", receipt.usage());
        if (!whole) {
            response.putObject("incomplete_details")
                    .put(
                            "reason",
                            finish == FinishReason.LENGTH ? "max_output_tokens" : "content_filter");
        }
        if (!asked.store()) {
            deliver(response, receipt);
            return;
        }
        keeper.keep(response)
                .onSuccess(
                        kept -> {
                            response.put("store", kept);
                            deliver(response, receipt);
                        });
    }

    private void deliver(ObjectNode response, @Nullable Receipt receipt) {
        if (receipt != null) {
            response.set("mooring", ChatJson.receipt(receipt));
        }
        if (stream != null) {
            String status = response.path("status").asText();
            // No event is named for it: to a reader it is an answer that was not finished.
            about("response." + (status.equals("cancelled") ? "incomplete" : status), response);
            stream.end();
        } else {
            over();
            exchange.json(200, response);
        }
    }

    @Override
    public void fail(Problem problem) {
        ended();
        if (stream == null || !stream.begun()) {
            over();
            OpenAiErrors.answer(exchange, problem);
            return;
        }
        begin();
        items.breakOff();
        ObjectNode response = response("failed", null);
        response.putObject("error")
                .put("code", OpenAiErrors.shape(problem).code())
                .put("message", problem.message());
        about("response.failed", response);
        stream.end();
    }

    private void over() {
        if (stream != null) {
            stream.abandon();
        }
        if (presence != null) {
            presence.over();
        }
    }

    @Override
    public boolean writable() {
        return stream == null || stream.writable();
    }

    @Override
    public void onWritable(Runnable action) {
        if (stream != null) {
            stream.onWritable(action);
        }
    }

    @Override
    public void drop() {
        if (stream != null) {
            stream.drop();
        }
        if (presence != null) {
            exchange.drop();
            presence.dropped();
        }
    }

    @Override
    public void onGone(Runnable action) {
        leave = action;
        if (stream != null) {
            stream.onGone(action);
        }
        if (presence != null) {
            presence.onGone(action);
        }
    }

    private ObjectNode response(String status, @Nullable Usage usage) {
        ObjectNode response =
                Json.MAPPER
                        .createObjectNode()
                        .put("id", ResponseIds.text(exchange.id()))
                        .put("object", "response")
                        .put("created_at", createdSeconds)
                        .put("status", status)
                        .putNull("error")
                        .putNull("incomplete_details");
        for (Map.Entry<String, JsonNode> field : asked.frame().properties()) {
            response.set(field.getKey(), field.getValue());
        }
        response.set("output", items.items().deepCopy());
        response.set("usage", usage == null ? null : usage(usage));
        return response;
    }

    private static ObjectNode usage(Usage usage) {
        ObjectNode json = Json.MAPPER.createObjectNode().put("input_tokens", usage.prompt());
        json.putObject("input_tokens_details")
                .put("cached_tokens", usage.cacheRead())
                .put("cache_write_tokens", usage.cacheWrite5m() + usage.cacheWrite1h());
        json.put("output_tokens", usage.output());
        json.putObject("output_tokens_details").put("reasoning_tokens", usage.reasoning());
        return json.put("total_tokens", usage.total());
    }

    private void about(String type, ObjectNode response) {
        ObjectNode event = Json.MAPPER.createObjectNode().put("type", type);
        event.set("response", response);
        send(event);
    }

    private void send(ObjectNode event) {
        if (stream != null) {
            event.put("sequence_number", sequence++);
            stream.write(
                    Buffer.buffer(
                            "event: " + event.path("type").asText() + "\ndata: " + event + "\n\n"));
        }
    }
}
