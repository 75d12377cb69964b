package mooring.api.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import mooring.admission.PromptCounter;
import mooring.api.KeyedCalls;
import mooring.api.LargeBodies;
import mooring.catalog.Catalog;
import mooring.gateway.Arrival;
import mooring.gateway.Gateway;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.images.ImageFetcher;
import mooring.inference.Request;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.relay.Problems;
import org.jspecify.annotations.Nullable;

/// Anthropic's Messages API: under `/anthropic/v1`, where its SDKs are pointed to, and at
/// `/v1/messages`.
public final class AnthropicDoor implements Door {

    private static final String PREFIX = "/anthropic/";

    private enum Operation {
        MESSAGES,
        COUNT_TOKENS
    }

    private static final Map<String, Operation> OPERATIONS =
            Map.of(
                    "/v1/messages", Operation.MESSAGES,
                    "/anthropic/v1/messages", Operation.MESSAGES,
                    "/v1/messages/count_tokens", Operation.COUNT_TOKENS,
                    "/anthropic/v1/messages/count_tokens", Operation.COUNT_TOKENS);

    private final LargeBodies bodies;
    private final Gateway gateway;
    private final KeyedCalls keyed;
    private final PromptCounter counter;
    private final ImageFetcher images;
    private final MessagesReader reader;
    private final long maxBodyBytes;

    public AnthropicDoor(
            Vertx vertx,
            Gateway gateway,
            KeyedCalls keyed,
            Catalog catalog,
            PromptCounter counter,
            ImageFetcher images,
            long maxBodyBytes) {
        this.bodies = new LargeBodies(vertx);
        this.gateway = gateway;
        this.keyed = keyed;
        this.counter = counter;
        this.images = images;
        this.reader = new MessagesReader(catalog);
        this.maxBodyBytes = maxBodyBytes;
    }

    /// Whether who asks for this expects answers in this dialect, errors too.
    ///
    /// @param path null where none could be read
    public static boolean speaks(@Nullable String path, MultiMap headers) {
        return (path != null && (path.startsWith(PREFIX) || OPERATIONS.containsKey(path)))
                || headers.contains("anthropic-version");
    }

    @Override
    public boolean open(Exchange exchange) {
        String path = exchange.request().path();
        Operation operation = path == null ? null : OPERATIONS.get(path);
        if (operation == null) {
            if (path == null || !path.startsWith(PREFIX)) {
                return false;
            }
            AnthropicErrors.answer(exchange, new Problem.NotFound("there is no " + path + " here"));
            return true;
        }
        exchange.response().putHeader("request-id", exchange.id().toString());
        String method = exchange.request().method().name();
        if (!method.equals("POST")) {
            AnthropicErrors.answer(exchange, new Problem.MethodNotAllowed(method, "POST"));
            return true;
        }
        switch (operation) {
            case MESSAGES -> messages(exchange);
            case COUNT_TOKENS -> countTokens(exchange);
        }
        return true;
    }

    private void messages(Exchange exchange) {
        keyed.serve(
                exchange,
                () -> exchange.body(maxBodyBytes),
                body -> read(exchange, body, false).map(read -> decoded(exchange, read)),
                problem -> AnthropicErrors.answer(exchange, problem));
    }

    private static Arrival.Decoded decoded(Exchange exchange, MessagesRequest read) {
        exchange.ignored(read.ignored());
        Request request = read.request();
        return new Arrival.Decoded(
                request,
                read.stream()
                        ? new MessageStream(exchange, request.model(), request.tier())
                        : new MessageAnswer(exchange, request.model(), request.tier()));
    }

    private void countTokens(Exchange exchange) {
        gateway.principal(exchange.bearer(), exchange.address(), exchange.context())
                .compose(_ -> exchange.body(maxBodyBytes))
                .compose(body -> read(exchange, body, true))
                .compose(read -> counter.count(read.request()))
                .onSuccess(
                        count -> {
                            ObjectNode answer = Json.MAPPER.createObjectNode();
                            exchange.json(200, answer.put("input_tokens", count));
                        })
                .onFailure(cause -> AnthropicErrors.answer(exchange, Problems.of(cause)));
    }

    private Future<MessagesRequest> read(Exchange exchange, Buffer body, boolean counting) {
        return bodies.decode(body, () -> reader.read(body, counting))
                .compose(
                        read ->
                                images.inline(read.request(), exchange.context(), exchange::room)
                                        .map(read::with));
    }
}
