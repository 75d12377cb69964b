package mooring.api.openai.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import mooring.accounts.Principal;
import mooring.api.BlockingCalls;
import mooring.ids.RequestId;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.responses.KeptResponses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kept responses as the door uses them: asked on threads that may block, a bounded number at once
/// and for a bounded time.
final class Kept {

    /// A response and all items before it.
    record Document(ObjectNode response, ArrayNode input) {

        /// What a response that follows this one begins with.
        ArrayNode history() {
            return Json.MAPPER.createArrayNode().addAll(input).addAll(output());
        }

        private ArrayNode output() {
            return response.withArray("output");
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Kept.class);

    /// Calls of the store at a time.
    private static final int MAX_CALLS = 16;

    /// Calls that wait for their turn, besides the responses that a place was promised to.
    private static final int MAX_WAITING = 512;

    /// Running requests whose response is to be kept.
    private static final int MAX_PROMISED = 8_192;

    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final KeptResponses store;
    private final BlockingCalls calls;
    private final AtomicInteger promised = new AtomicInteger();

    Kept(Vertx vertx, KeptResponses store, Executor blocking) {
        this.vertx = vertx;
        this.store = store;
        this.calls =
                new BlockingCalls(
                        "looking up as many kept responses",
                        blocking,
                        MAX_CALLS,
                        MAX_WAITING,
                        WAIT);
    }

    /// Takes a place for a response that is to be kept: before an engine is asked, so that nobody
    /// pays for one that could not be kept. What it returns gives the place back.
    ///
    /// @throws ProblemException when there is none
    Runnable promise() {
        int now = promised.incrementAndGet();
        if (now > MAX_PROMISED) {
            promised.decrementAndGet();
            throw new ProblemException(
                    new Problem.Overloaded(
                            "answering as many requests with store: true",
                            MAX_PROMISED,
                            now - 1L,
                            RETRY_AFTER));
        }
        return promised::decrementAndGet;
    }

    /// Whether it is kept now. A response that cannot be kept is answered all the same.
    Future<Boolean> put(Principal principal, RequestId id, Document document) {
        return bounded(
                        calls.promised(
                                vertx.getOrCreateContext(),
                                () -> {
                                    ObjectNode whole = Json.MAPPER.createObjectNode();
                                    whole.set("response", document.response());
                                    whole.set("input", document.input());
                                    return store.put(owner(principal), id, bytes(whole));
                                }))
                .otherwise(
                        cause -> {
                            LOG.warn("{}: the response is not kept", id, cause);
                            return false;
                        });
    }

    /// Fails with [Problem.NotFound] when the caller has no such response.
    Future<Document> get(Principal principal, String text) {
        RequestId id = ResponseIds.parse(text).orElse(null);
        if (id == null) {
            return Future.failedFuture(unknown(text));
        }
        return call(
                () ->
                        store.get(owner(principal), id)
                                .map(Kept::document)
                                .orElseThrow(() -> unknown(text)));
    }

    Future<Void> delete(Principal principal, String text) {
        RequestId id = ResponseIds.parse(text).orElse(null);
        if (id == null) {
            return Future.failedFuture(unknown(text));
        }
        return call(() -> store.delete(owner(principal), id))
                .compose(
                        found ->
                                found
                                        ? Future.succeededFuture()
                                        : Future.failedFuture(unknown(text)));
    }

    private <T> Future<T> call(Supplier<T> work) {
        return bounded(calls.call(vertx.getOrCreateContext(), work));
    }

    private static <T> Future<T> bounded(Future<T> call) {
        return call.timeout(WAIT.toMillis(), TimeUnit.MILLISECONDS)
                .recover(cause -> Future.failedFuture(problem(cause)));
    }

    private static ProblemException problem(Throwable cause) {
        return cause instanceof ProblemException known
                ? known
                : new ProblemException(new Problem.StoreUnavailable(RETRY_AFTER), cause);
    }

    private static KeptResponses.Owner owner(Principal principal) {
        return new KeptResponses.Owner(principal.organization(), principal.project());
    }

    private static byte[] bytes(ObjectNode whole) {
        try {
            return Json.MAPPER.writeValueAsBytes(whole);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a response that cannot be written", e);
        }
    }

    private static Document document(byte[] bytes) {
        try {
            JsonNode whole = Json.MAPPER.readTree(bytes);
            return new Document((ObjectNode) whole.get("response"), (ArrayNode) whole.get("input"));
        } catch (IOException e) {
            throw new IllegalStateException("a kept response that is no JSON", e);
        }
    }

    private static ProblemException unknown(String id) {
        return new ProblemException(
                new Problem.NotFound(
                        "there is no response "
                                + (id.length() > 64 ? id.substring(0, 64) + "…" : id)
                                + " here (expected: one that was created with store: true and is"
                                + " not older than "
                                + KeptResponses.LIFETIME.toDays()
                                + " days)"));
    }
}
