package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import mooring.accounts.Principal;
import mooring.api.JsonBody;
import mooring.api.JsonFields;
import mooring.api.KeyedCalls;
import mooring.api.LargeBodies;
import mooring.api.openai.OpenAiErrors;
import mooring.catalog.Catalog;
import mooring.gateway.Arrival;
import mooring.gateway.Gateway;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.images.ImageFetcher;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.relay.Problems;
import mooring.responses.KeptResponses;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// OpenAI's Responses at `/v1/responses`, and what was kept of them.
public final class ResponsesDoor implements Door {

    private static final String ALL = "/v1/responses";

    private static final String ONE = "/v1/responses/";

    /// For a provider that is read on to its end, and for the booking behind it.
    private static final long CANCEL_SECONDS = 360;

    private final LargeBodies bodies;
    private final Gateway gateway;
    private final KeyedCalls keyed;
    private final ResponsesReader reader;
    private final Kept kept;
    private final ImageFetcher images;
    private final Clock clock;
    private final long maxBodyBytes;

    /// @param blocking runs what asks the store, on threads that may block
    public ResponsesDoor(
            Vertx vertx,
            Gateway gateway,
            KeyedCalls keyed,
            Catalog catalog,
            KeptResponses store,
            ImageFetcher images,
            Clock clock,
            Executor blocking,
            long maxBodyBytes) {
        this.bodies = new LargeBodies(vertx);
        this.gateway = gateway;
        this.keyed = keyed;
        this.reader = new ResponsesReader(catalog);
        this.kept = new Kept(vertx, store, blocking);
        this.images = images;
        this.clock = clock;
        this.maxBodyBytes = maxBodyBytes;
    }

    @Override
    public boolean open(Exchange exchange) {
        String path = exchange.request().path();
        if (path == null || !(path.equals(ALL) || path.startsWith(ONE))) {
            return false;
        }
        String method = exchange.request().method().name();
        if (path.equals(ALL)) {
            if (method.equals("POST")) {
                create(exchange);
            } else {
                notAllowed(exchange, "POST");
            }
            return true;
        }
        String[] parts = path.substring(ONE.length()).split("/", -1);
        String action = parts.length == 1 ? "" : parts.length == 2 ? parts[1] : "?";
        switch (action) {
            case "" -> {
                switch (method) {
                    case "GET" -> answer(exchange, principal -> get(exchange, principal, parts[0]));
                    case "DELETE" -> answer(exchange, principal -> delete(principal, parts[0]));
                    default -> notAllowed(exchange, "GET, DELETE");
                }
            }
            case "input_items" -> {
                if (method.equals("GET")) {
                    answer(exchange, principal -> inputItems(exchange, principal, parts[0]));
                } else {
                    notAllowed(exchange, "GET");
                }
            }
            case "cancel" -> {
                if (method.equals("POST")) {
                    answer(exchange, principal -> cancel(exchange, principal, parts[0]));
                } else {
                    notAllowed(exchange, "POST");
                }
            }
            default ->
                    OpenAiErrors.answer(
                            exchange, new Problem.NotFound("there is no " + path + " here"));
        }
        return true;
    }

    private void create(Exchange exchange) {
        keyed.serve(
                exchange,
                () -> exchange.body(maxBodyBytes),
                body -> decode(exchange, body),
                problem -> OpenAiErrors.answer(exchange, problem));
    }

    private Future<Arrival.Decoded> decode(Exchange exchange, Buffer body) {
        boolean large = LargeBodies.large(body);
        return gateway.principal(exchange.bearer(), exchange.address(), exchange.context())
                .compose(
                        principal ->
                                read(principal, body, large)
                                        .compose(read -> withImages(exchange, read))
                                        .map(read -> decoded(exchange, principal, read)));
    }

    private Future<CreateResponse> read(Principal principal, Buffer body, boolean large) {
        return bodies.decode(large, () -> JsonBody.parse(body))
                .compose(
                        root ->
                                history(principal, root)
                                        .compose(
                                                history ->
                                                        bodies.decode(
                                                                large,
                                                                () ->
                                                                        reader.read(
                                                                                root,
                                                                                history.items()))));
    }

    private Future<CreateResponse> withImages(Exchange exchange, CreateResponse read) {
        return images.inline(read.request(), exchange.context(), exchange::room).map(read::with);
    }

    /// @param items null where the response follows none
    private record History(@Nullable ArrayNode items) {}

    private Future<History> history(Principal principal, JsonNode root) {
        String previous =
                new JsonFields(root, "").text("previous_response_id", "the id of a kept response");
        return previous == null
                ? Future.succeededFuture(new History(null))
                : kept.get(principal, previous).map(found -> new History(found.history()));
    }

    private Arrival.Decoded decoded(Exchange exchange, Principal principal, CreateResponse read) {
        exchange.ignored(read.ignored());
        if (read.store()) {
            exchange.onEnd(kept.promise());
        }
        ResponseCaller caller =
                new ResponseCaller(
                        exchange,
                        read,
                        response ->
                                kept.put(
                                        principal,
                                        exchange.id(),
                                        new Kept.Document(
                                                response,
                                                InputItems.normal(
                                                        read.input(),
                                                        ResponseIds.digits(exchange.id())))),
                        clock.now().getEpochSecond());
        return new Arrival.Decoded(read.request(), caller);
    }

    private Future<ObjectNode> get(Exchange exchange, Principal principal, String id) {
        if ("true".equals(exchange.request().getParam("stream"))) {
            return Future.failedFuture(
                    new ProblemException(
                            Problem.InvalidRequest.of(
                                    "stream", "true", "false: what is kept is whole")));
        }
        return kept.get(principal, id).map(Kept.Document::response);
    }

    private Future<ObjectNode> delete(Principal principal, String id) {
        return kept.delete(principal, id)
                .map(
                        _ ->
                                Json.MAPPER
                                        .createObjectNode()
                                        .put("id", id)
                                        .put("object", "response")
                                        .put("deleted", true));
    }

    private Future<ObjectNode> inputItems(Exchange exchange, Principal principal, String id) {
        HttpServerRequest request = exchange.request();
        return kept.get(principal, id)
                .map(
                        found ->
                                InputItems.page(
                                        found.input(),
                                        request.getParam("order"),
                                        request.getParam("limit"),
                                        request.getParam("after")));
    }

    /// Ends one that runs here, with what was delivered booked. What is kept has ended.
    private Future<ObjectNode> cancel(Exchange exchange, Principal principal, String id) {
        Gateway.Running running =
                ResponseIds.parse(id)
                        .flatMap(request -> gateway.running(request, principal.project()))
                        .orElse(null);
        if (running == null) {
            return kept.get(principal, id)
                    .recover(cause -> Future.failedFuture(notHere(cause)))
                    .compose(_ -> Future.failedFuture(hasEnded(id)));
        }
        if (!(running.caller() instanceof ResponseCaller response)) {
            return Future.failedFuture(
                    refused(
                            id,
                            " goes on to its end for its idempotency key (expected: one that was"
                                    + " asked for without a key)"));
        }
        CompletableFuture<Optional<ObjectNode>> answer = new CompletableFuture<>();
        running.context()
                .runOnContext(
                        _ ->
                                response.cancel()
                                        .onSuccess(answer::complete)
                                        .onFailure(answer::completeExceptionally));
        return Future.fromCompletionStage(
                        answer.orTimeout(CANCEL_SECONDS, TimeUnit.SECONDS), exchange.context())
                .compose(
                        found ->
                                found.map(Future::succeededFuture)
                                        .orElseGet(() -> Future.failedFuture(hasEnded(id))));
    }

    private static ProblemException hasEnded(String id) {
        return refused(id, " has ended (expected: one that runs)");
    }

    private static ProblemException refused(String id, String why) {
        return new ProblemException(
                new Problem.InvalidRequest("response_id", "response " + id + why));
    }

    /// Another process may run it, which this one cannot know.
    private static Throwable notHere(Throwable cause) {
        return cause instanceof ProblemException problem
                        && problem.problem() instanceof Problem.NotFound(String message)
                ? new ProblemException(
                        new Problem.NotFound("it does not run on this node, and " + message))
                : cause;
    }

    @FunctionalInterface
    private interface Answer {
        Future<ObjectNode> of(Principal principal);
    }

    private void answer(Exchange exchange, Answer answer) {
        gateway.principal(exchange.bearer(), exchange.address(), exchange.context())
                .compose(answer::of)
                .onSuccess(body -> exchange.json(200, body))
                .onFailure(cause -> OpenAiErrors.answer(exchange, Problems.of(cause)));
    }

    private static void notAllowed(Exchange exchange, String allowed) {
        OpenAiErrors.answer(
                exchange,
                new Problem.MethodNotAllowed(exchange.request().method().name(), allowed));
    }
}
