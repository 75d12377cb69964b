package mooring.engine.llamacpp;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import mooring.engine.EngineCall;
import mooring.engine.EngineStream;
import mooring.engine.Heard;
import mooring.ids.IdGenerator;
import mooring.inference.CacheScope;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.inference.Tool;
import mooring.inference.ToolChoice;
import mooring.time.Clock;

/// Requests as tests ask them, and the asking on an event loop.
final class Calls {

    static final CacheScope A = new CacheScope("scope-a");
    static final CacheScope B = new CacheScope("scope-b");
    static final CacheScope C = new CacheScope("scope-c");

    static final Tool WEATHER =
            new Tool(
                    "get_weather",
                    "The weather in a city",
                    new JsonText(
                            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\","
                                    + "\"maxLength\":20},\"unit\":{\"enum\":[\"c\",\"f\"]}},"
                                    + "\"required\":[\"city\",\"unit\"],\"additionalProperties\":false}"),
                    false);
    static final Tool ADD =
            new Tool(
                    "add",
                    null,
                    new JsonText(
                            "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/n\"},"
                                    + "\"b\":{\"$ref\":\"#/$defs/n\"}},\"required\":[\"a\",\"b\"],"
                                    + "\"$defs\":{\"n\":{\"type\":\"integer\",\"minimum\":0,"
                                    + "\"maximum\":99}}}"),
                    false);

    private static final int DEADLINE_SECONDS = 30;

    private static final IdGenerator IDS = new IdGenerator(Clock.system());

    private Calls() {}

    /// A request in the making.
    record Ask(
            List<Message> messages,
            Sampling sampling,
            int choices,
            List<Tool> tools,
            ToolChoice choice,
            boolean parallel,
            ResponseFormat format,
            long maxTokens) {

        static Ask of(String question) {
            return of(List.of(Message.of(Role.USER, question)));
        }

        static Ask of(List<Message> messages) {
            return new Ask(
                    messages,
                    Sampling.DEFAULT,
                    1,
                    List.of(),
                    new ToolChoice.None(),
                    true,
                    new ResponseFormat.Text(),
                    64);
        }

        Ask sampling(Sampling other) {
            return new Ask(messages, other, choices, tools, choice, parallel, format, maxTokens);
        }

        Ask seed(long seed) {
            return sampling(new Sampling(1.0, null, null, null, seed, null, null, List.of()));
        }

        Ask choices(int other) {
            return new Ask(messages, sampling, other, tools, choice, parallel, format, maxTokens);
        }

        Ask tools(ToolChoice how, Tool... offered) {
            return new Ask(
                    messages,
                    sampling,
                    choices,
                    List.of(offered),
                    how,
                    parallel,
                    format,
                    maxTokens);
        }

        Ask oneCallOnly() {
            return new Ask(messages, sampling, choices, tools, choice, false, format, maxTokens);
        }

        Ask schema(String schema) {
            return new Ask(
                    messages,
                    sampling,
                    choices,
                    tools,
                    choice,
                    parallel,
                    new ResponseFormat.JsonSchema("answer", null, new JsonText(schema), true),
                    maxTokens);
        }

        Ask maxTokens(long most) {
            return new Ask(messages, sampling, choices, tools, choice, parallel, format, most);
        }

        Request request() {
            return new Request(
                    new ModelId("m"),
                    messages,
                    sampling,
                    maxTokens,
                    choices,
                    tools,
                    choice,
                    parallel,
                    format,
                    null,
                    mooring.inference.ServiceTier.STANDARD,
                    Map.of(),
                    100);
        }
    }

    /// An answer on its way.
    record Asked(Heard heard, EngineStream stream, Vertx vertx) {
        void cancel() {
            Calls.on(vertx, stream::cancel);
        }
    }

    static Asked ask(Vertx vertx, LlamaCppEngine engine, Ask ask, CacheScope scope) {
        Heard heard = new Heard();
        EngineStream[] stream = new EngineStream[1];
        on(
                vertx,
                () ->
                        stream[0] =
                                engine.open(
                                        new EngineCall(
                                                IDS.nextRequest(),
                                                ask.request(),
                                                ask.maxTokens(),
                                                scope),
                                        heard));
        return new Asked(heard, stream[0], vertx);
    }

    /// Runs it on the one event loop and waits.
    static void on(Vertx vertx, Runnable what) {
        Promise<Void> done = Promise.promise();
        vertx.runOnContext(
                _ -> {
                    what.run();
                    done.complete();
                });
        now(done.future());
    }

    /// The result, waited for.
    static <T> T now(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .join();
    }
}
