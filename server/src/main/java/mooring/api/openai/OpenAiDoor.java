package mooring.api.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import mooring.accounts.Principal;
import mooring.admission.Estimates;
import mooring.admission.PromptCounter;
import mooring.api.KeyedCalls;
import mooring.api.LargeBodies;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.PriceVersion;
import mooring.catalog.Prices;
import mooring.gateway.Arrival;
import mooring.gateway.Gateway;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.images.ImageFetcher;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.json.Json;
import mooring.ledger.Balances;
import mooring.ledger.Vouchers;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.relay.Caller;
import mooring.relay.Problems;
import mooring.time.Clock;

/// Everything under `/v1`: chat completions, models, balance and vouchers, token counts, estimates
/// of cost.
public final class OpenAiDoor implements Door {

    private static final String PREFIX = "/v1/";

    private static final String MODELS = "/v1/models/";

    private final LargeBodies bodies;
    private final Gateway gateway;
    private final KeyedCalls keyed;
    private final Catalog catalog;
    private final Prices prices;
    private final AccountCalls account;
    private final PromptCounter counter;
    private final ImageFetcher images;
    private final Estimates estimates;
    private final ChatRequestReader reader;
    private final Clock clock;
    private final long maxBodyBytes;

    /// @param blocking runs what asks the ledger, on threads that may block
    public OpenAiDoor(
            Vertx vertx,
            Gateway gateway,
            KeyedCalls keyed,
            Catalog catalog,
            Prices prices,
            Balances balances,
            Vouchers vouchers,
            PromptCounter counter,
            ImageFetcher images,
            Clock clock,
            Executor blocking,
            long maxBodyBytes) {
        this.bodies = new LargeBodies(vertx);
        this.gateway = gateway;
        this.keyed = keyed;
        this.catalog = catalog;
        this.prices = prices;
        this.account = new AccountCalls(vertx, balances, vouchers, blocking);
        this.counter = counter;
        this.images = images;
        this.estimates = new Estimates(catalog, prices, counter, clock);
        this.reader = new ChatRequestReader(catalog);
        this.clock = clock;
        this.maxBodyBytes = maxBodyBytes;
    }

    @Override
    public boolean open(Exchange exchange) {
        String path = exchange.request().path();
        if (path == null || !path.startsWith(PREFIX)) {
            return false;
        }
        switch (path) {
            case "/v1/chat/completions" -> {
                if (allowed(exchange, "POST")) {
                    chat(exchange);
                }
            }
            case "/v1/models" -> {
                if (allowed(exchange, "GET")) {
                    answer(exchange, principal -> Future.succeededFuture(models(principal)));
                }
            }
            case "/v1/users/me/balance" -> {
                if (allowed(exchange, "GET")) {
                    answer(exchange, account::balance);
                }
            }
            case "/v1/vouchers/redeem" -> {
                if (allowed(exchange, "POST")) {
                    answer(exchange, principal -> redeem(exchange, principal));
                }
            }
            case "/v1/tokenizers/estimate-token-count" -> {
                if (allowed(exchange, "POST")) {
                    answer(exchange, _ -> countTokens(exchange));
                }
            }
            case "/v1/estimate" -> {
                if (allowed(exchange, "POST")) {
                    answer(exchange, principal -> estimate(exchange, principal));
                }
            }
            default -> {
                if (path.startsWith(MODELS) && path.length() > MODELS.length()) {
                    if (allowed(exchange, "GET")) {
                        String name = decoded(path.substring(MODELS.length()));
                        answer(exchange, principal -> model(principal, name));
                    }
                } else {
                    OpenAiErrors.answer(
                            exchange, new Problem.NotFound("there is no " + path + " here"));
                }
            }
        }
        return true;
    }

    private void chat(Exchange exchange) {
        keyed.serve(
                exchange,
                () -> exchange.body(maxBodyBytes),
                body -> decode(exchange, body),
                problem -> OpenAiErrors.answer(exchange, problem));
    }

    private Future<Arrival.Decoded> decode(Exchange exchange, Buffer body) {
        return read(exchange, body)
                .map(
                        chat -> {
                            exchange.ignored(chat.ignoredFields());
                            Request request = chat.request();
                            long created = clock.now().getEpochSecond();
                            Caller caller =
                                    chat.stream()
                                            ? new ChatStream(
                                                    exchange,
                                                    request.model(),
                                                    request.tier(),
                                                    created,
                                                    chat.includeUsage(),
                                                    chat.profile())
                                            : new ChatAnswer(
                                                    exchange,
                                                    request.model(),
                                                    request.tier(),
                                                    created,
                                                    chat.profile());
                            return new Arrival.Decoded(request, caller);
                        });
    }

    private Future<ChatRequest> read(Exchange exchange, Buffer body) {
        return bodies.decode(body, () -> reader.read(body))
                .compose(
                        chat ->
                                images.inline(chat.request(), exchange.context(), exchange::room)
                                        .map(chat::with));
    }

    private Future<ObjectNode> countTokens(Exchange exchange) {
        return exchange.body(maxBodyBytes)
                .compose(body -> read(exchange, body))
                .compose(chat -> counter.count(chat.request()))
                .map(
                        count -> {
                            ObjectNode answer = Json.MAPPER.createObjectNode();
                            answer.putObject("data").put("total_tokens", count);
                            return answer;
                        });
    }

    private Future<ObjectNode> estimate(Exchange exchange, Principal principal) {
        return exchange.body(maxBodyBytes)
                .compose(body -> read(exchange, body))
                .compose(chat -> estimates.of(principal, chat.request()))
                .map(EstimateJson::write);
    }

    private ObjectNode models(Principal principal) {
        PriceVersion version = prices.forOrganization(principal.organization(), clock.now());
        ObjectNode list = Json.MAPPER.createObjectNode();
        list.put("object", "list");
        ArrayNode data = list.putArray("data");
        for (Model model : catalog.models()) {
            data.add(ModelJson.write(model, version));
        }
        return list;
    }

    private Future<ObjectNode> model(Principal principal, String name) {
        Model model = catalog.find(new ModelId(name));
        PriceVersion version = prices.forOrganization(principal.organization(), clock.now());
        return model == null
                ? Future.failedFuture(new ProblemException(new Problem.ModelNotFound(name)))
                : Future.succeededFuture(ModelJson.write(model, version));
    }

    private Future<ObjectNode> redeem(Exchange exchange, Principal principal) {
        String idempotencyKey = exchange.request().getHeader("idempotency-key");
        return exchange.body(AccountCalls.MAX_BODY_BYTES)
                .compose(body -> account.redeem(principal, body, idempotencyKey));
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

    private static boolean allowed(Exchange exchange, String method) {
        String found = exchange.request().method().name();
        if (found.equals(method)) {
            return true;
        }
        OpenAiErrors.answer(exchange, new Problem.MethodNotAllowed(found, method));
        return false;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }
}
