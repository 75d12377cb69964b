package mooring.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBufInputStream;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// A request's body as one JSON object.
public final class JsonBody {

    private JsonBody() {}

    /// @throws ProblemException that says where the text stops being one JSON object
    public static JsonNode parse(Buffer body) {
        JsonNode root;
        boolean doubtful;
        try {
            if (LargeBodies.large(body)) {
                // Read where it lies, so that it is not there twice.
                WholeTexts.Scan scan =
                        new WholeTexts.Scan(
                                new ByteBufInputStream(
                                        ((BufferInternal) body).getByteBuf().duplicate()));
                root = Json.MAPPER.readTree(scan);
                doubtful = scan.doubtful();
            } else {
                byte[] bytes = body.getBytes();
                root = Json.MAPPER.readTree(bytes);
                doubtful = WholeTexts.doubtful(bytes);
            }
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null
                            ? ""
                            : " at line "
                                    + e.getLocation().getLineNr()
                                    + ", column "
                                    + e.getLocation().getColumnNr();
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null,
                            "body: not valid JSON"
                                    + where
                                    + ": "
                                    + firstLine(e.getOriginalMessage())
                                    + " (expected: one JSON object)"));
        } catch (IOException e) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null,
                            "body: not readable as UTF-8 JSON: "
                                    + firstLine(String.valueOf(e.getMessage()))
                                    + " (expected: one JSON object)"));
        }
        if (!root.isObject()) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null,
                            "body: "
                                    + (root.isMissingNode() ? "empty" : JsonFields.shown(root))
                                    + " (expected: one JSON object)"));
        }
        if (doubtful) {
            WholeTexts.require(root);
        }
        return root;
    }

    /// Without the parser's own classes, which say nothing to a caller.
    private static String firstLine(String text) {
        int line = text.indexOf('\n');
        String first = line < 0 ? text : text.substring(0, line);
        int insides = first.indexOf(" (bound as ");
        return insides < 0 ? first : first.substring(0, insides);
    }
}
