package mooring.api.management;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import mooring.api.openai.OpenAiErrors;
import mooring.json.Json;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// A problem in this door's form: status, type and code beside the message.
///
/// @param param the field that it is about
/// @param retryAfter when to come back, null where coming back does not help
record Refusal(
        int status,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message,
        @Nullable Duration retryAfter) {

    private static final String SERVER = "server_error";

    /// By the same table as the other dialect on this port: one error shape for all.
    static Refusal of(Problem problem) {
        OpenAiErrors.Shape shape = OpenAiErrors.shape(problem);
        return new Refusal(
                shape.status(),
                shape.type(),
                shape.code(),
                shape.param(),
                problem.message(),
                shape.retryAfter());
    }

    /// More calls at once than this door carries out.
    static Refusal busy(int limit) {
        return new Refusal(
                503,
                SERVER,
                "busy",
                null,
                limit + " management calls are running (expected: fewer); try again in 1 s",
                Duration.ofSeconds(1));
    }

    /// The work took longer than the caller is made to wait; it may still come to its end.
    static Refusal overdue(Duration deadline) {
        return new Refusal(
                503,
                SERVER,
                "deadline_exceeded",
                null,
                "no result within "
                        + deadline.toSeconds()
                        + " s; the call may still take effect, so repeat a write with the same"
                        + " Idempotency-Key",
                Duration.ofSeconds(5));
    }

    ObjectNode body() {
        ObjectNode root = Json.MAPPER.createObjectNode();
        root.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return root;
    }
}
