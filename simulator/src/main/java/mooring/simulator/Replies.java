package mooring.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpServerResponse;
import mooring.simulator.answer.RefusedException;
import mooring.simulator.script.BadDirectiveException;

/// Short answers that are not generated: JSON, text and errors in vLLM's shape.
final class Replies {

    private Replies() {}

    static void json(HttpServerResponse response, JsonNode body) {
        response.putHeader("Content-Type", "application/json");
        response.end(body.toString());
    }

    static void text(HttpServerResponse response, String body) {
        response.putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        response.end(body);
    }

    static void refused(HttpServerResponse response, RefusedException refused) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.putObject("error")
                .put("message", refused.text())
                .put("type", refused.type())
                .putNull("param")
                .put("code", refused.status());
        response.setStatusCode(refused.status());
        json(response, body);
    }

    /// Answers any failure: those that a request can cause by their status, bugs with 500.
    static void failed(HttpServerResponse response, Throwable failure) {
        if (response.ended() || response.closed()) {
            return;
        }
        switch (failure) {
            case RefusedException refused -> refused(response, refused);
            case BadDirectiveException bad ->
                    refused(response, new RefusedException(400, String.valueOf(bad.getMessage())));
            default -> refused(response, new RefusedException(500, failure.toString()));
        }
    }
}
