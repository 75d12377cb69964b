package mooring.simulator;

import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.List;
import mooring.simulator.answer.Answer;
import mooring.simulator.answer.AnswerPlanner;
import mooring.simulator.answer.CompletionRequest;
import mooring.simulator.answer.RefusedException;
import mooring.simulator.answer.RequestReader;
import mooring.simulator.script.Directive;
import mooring.simulator.script.Fault;
import mooring.simulator.script.FaultPlan;
import mooring.simulator.wire.EventWriter;
import mooring.simulator.wire.Head;
import mooring.simulator.wire.Tally;
import mooring.simulator.wire.WholeWriter;

/// `POST /v1/chat/completions` and `POST /v1/completions`.
final class Completions {

    private final Engine engine;
    private final Bodies bodies;
    private final RequestReader reader;
    private final AnswerPlanner planner;

    Completions(Engine engine, Bodies bodies) {
        this.engine = engine;
        this.bodies = bodies;
        this.reader = new RequestReader(engine.options.models());
        this.planner = new AnswerPlanner(engine.options.defaultOutputTokens());
    }

    void chat(HttpServerRequest http) {
        bodies.read(http, body -> reader.read(body, true), request -> answer(http, request));
    }

    void text(HttpServerRequest http) {
        bodies.read(http, body -> reader.read(body, false), request -> answer(http, request));
    }

    private void answer(HttpServerRequest http, CompletionRequest request) {
        Directive own = request.directive();
        Directive directive = own != null ? own : engine.script.take();
        FaultPlan faults = FaultPlan.of(directive.faults());
        Integer ordered = directive.promptTokens();
        if (faults.contextError()) {
            int most = engine.options.contextTokens();
            throw tooLong(most, most + 1, most + 1, 0);
        }
        int promptTokens = ordered == null ? request.prompt().tokens() : ordered;
        int limit = Math.min(request.limitTokens(), roomFor(request, promptTokens));
        List<Answer> answers =
                planner.plan(request, directive, limit).stream()
                        .map(answer -> answer.filteredAfter(faults.filterAfterTokens()))
                        .toList();
        Head head =
                new Head(
                        engine.newId(request.chat()),
                        Instant.now().getEpochSecond(),
                        request,
                        directive);
        Tally tally = new Tally(request.choices());
        tally.prompt(promptTokens, 0);
        Sink sink =
                request.stream()
                        ? new StreamSink(
                                http.response(),
                                new EventWriter(head, tally),
                                directive.splitBytes())
                        : new WholeSink(http.response(), new WholeWriter(head, tally));
        Generation generation = new Generation(engine, http, head, answers, faults, tally, sink);
        Fault.HttpError error = faults.httpError();
        if (error != null) {
            generation.turnedAway(error.status());
            refuse(http, error);
        } else if (engine.down(faults.flapping())) {
            generation.reset();
        } else if (!generation.start()) {
            generation.turnedAway(503);
            throw new RefusedException(503, "The waiting queue is full.");
        }
    }

    /// The output tokens that the window leaves; refuses what cannot fit, as vLLM does.
    private int roomFor(CompletionRequest request, int promptTokens) {
        int context = engine.options.contextTokens();
        Integer asked = request.askedTokens();
        if (promptTokens >= context
                || (request.chat() && asked != null && asked > context - promptTokens)) {
            int output = asked == null ? 0 : asked;
            throw tooLong(context, promptTokens + (long) output, promptTokens, output);
        }
        return context - promptTokens;
    }

    private static RefusedException tooLong(
            int context, long requested, int promptTokens, int output) {
        return new RefusedException(
                400,
                "This model's maximum context length is %d tokens. However, you requested %d tokens (%d in the messages, %d in the completion)."
                        .formatted(context, requested, promptTokens, output));
    }

    private static void refuse(HttpServerRequest http, Fault.HttpError error) {
        if (error.retryAfterSeconds() > 0) {
            http.response().putHeader("Retry-After", String.valueOf(error.retryAfterSeconds()));
        }
        Replies.refused(
                http.response(), new RefusedException(error.status(), "Ordered by the test."));
    }
}
