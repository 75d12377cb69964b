package mooring.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import mooring.simulator.answer.RefusedException;
import mooring.simulator.script.Directive;

/// The test's own door: `/simulator/script`, `/simulator/log`, `/simulator/reset`.
final class Control {

    private static final int DEFAULT_LAST = 1_000;
    private static final List<String> SCRIPT_KEYS = List.of("next", "times", "default");

    private final Engine engine;
    private final Bodies bodies;

    Control(Engine engine, Bodies bodies) {
        this.engine = engine;
        this.bodies = bodies;
    }

    /// `{"next": directive or [directives], "times": 1}`, `{"default": directive}`, or both.
    void script(HttpServerRequest http) {
        bodies.read(
                http,
                body -> body,
                body -> {
                    order(body);
                    Replies.json(http.response(), done());
                });
    }

    private void order(JsonNode body) {
        body.fieldNames()
                .forEachRemaining(
                        key -> {
                            if (!SCRIPT_KEYS.contains(key)) {
                                throw new RefusedException(
                                        400, "script: unknown key \"" + key + "\"");
                            }
                        });
        JsonNode next = body.path("next");
        int times = body.path("times").asInt(1);
        List<JsonNode> ordered =
                next.isArray()
                        ? next.valueStream().toList()
                        : next.isObject() ? List.of(next) : List.of();
        List<Directive> directives = ordered.stream().map(Directive::of).toList();
        if (body.has("default")) {
            engine.script.standing(Directive.of(body.path("default")));
        } else if (directives.isEmpty()) {
            throw new RefusedException(400, "script: nothing ordered (expected: next or default)");
        }
        directives.forEach(directive -> engine.script.enqueue(directive, times));
    }

    /// The latest records, `?last=N` of them.
    void log(HttpServerRequest http) {
        String last = http.getParam("last");
        int most = DEFAULT_LAST;
        if (last != null) {
            try {
                most = Integer.parseUnsignedInt(last);
            } catch (NumberFormatException e) {
                throw new RefusedException(400, "last: " + last + " (expected: a number)");
            }
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("total", engine.log.total());
        body.put("open", engine.open.get());
        var records = body.putArray("records");
        engine.log.latest(most).forEach(each -> records.add(each.toJson()));
        Replies.json(http.response(), body);
    }

    void reset(HttpServerResponse response) {
        engine.reset();
        Replies.json(response, done());
    }

    private static ObjectNode done() {
        return JsonNodeFactory.instance.objectNode().put("status", "ok");
    }
}
