package mooring.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBufInputStream;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import mooring.json.Json;
import mooring.json.LongTexts;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// A request's body as one JSON object.
public final class JsonBody {

    /// A larger one is read where it lies, so that it is not there twice.
    private static final int MOST_COPIED_BYTES = 16 * 1024 * 1024;

    /// A tree, and whether it may hold halves of surrogate pairs.
    private record Read(JsonNode root, boolean doubtful) {}

    private JsonBody() {}

    /// @throws ProblemException that says where the text stops being one JSON object
    public static JsonNode parse(Buffer body) {
        Read read;
        try {
            read = read(body);
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
        JsonNode root = read.root();
        if (!root.isObject()) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null,
                            "body: "
                                    + (root.isMissingNode() ? "empty" : JsonFields.shown(root))
                                    + " (expected: one JSON object)"));
        }
        if (read.doubtful()) {
            WholeTexts.require(root);
        }
        return root;
    }

    private static Read read(Buffer body) throws IOException {
        if (body.length() > MOST_COPIED_BYTES) {
            WholeTexts.Scan scan =
                    new WholeTexts.Scan(
                            new ByteBufInputStream(
                                    ((BufferInternal) body).getByteBuf().duplicate()));
            return new Read(Json.MAPPER.readTree(scan), scan.doubtful());
        }
        byte[] bytes = body.getBytes();
        LongTexts texts = LargeBodies.large(body) ? LongTexts.takenOut(bytes) : null;
        if (texts != null) {
            try {
                return new Read(texts.tree(), WholeTexts.doubtful(texts.rest()));
            } catch (JsonProcessingException elsewhere) {
                // Read once more as a whole, which tells the right place.
            }
        }
        return new Read(Json.MAPPER.readTree(bytes), WholeTexts.doubtful(bytes));
    }

    /// Without the parser's own classes, which say nothing to a caller.
    private static String firstLine(String text) {
        int line = text.indexOf('\n');
        String first = line < 0 ? text : text.substring(0, line);
        int insides = first.indexOf(" (bound as ");
        return insides < 0 ? first : first.substring(0, insides);
    }
}
