package mooring.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.CharConversionException;
import java.io.IOException;
import mooring.json.Json;
import mooring.json.LongTexts;
import mooring.json.Utf8;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// A request's body as one JSON object.
public final class JsonBody {

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
        byte[] bytes = bytes(((BufferInternal) body).getByteBuf());
        LongTexts texts = LargeBodies.large(body) ? LongTexts.takenOut(bytes) : null;
        if (texts != null) {
            try {
                requireUtf8(texts.rest());
                return new Read(texts.tree(), WholeTexts.doubtful(texts.rest()));
            } catch (JsonProcessingException elsewhere) {
                // Read once more as a whole, which tells the right place.
            }
        }
        requireUtf8(bytes);
        return new Read(Json.MAPPER.readTree(bytes), WholeTexts.doubtful(bytes));
    }

    /// The parser takes some of what UTF-8 forbids, such as a quote of two bytes.
    private static void requireUtf8(byte[] bytes) throws IOException {
        int wrong = Utf8.firstWrong(bytes);
        if (wrong >= 0) {
            throw new CharConversionException("byte 0x%02x".formatted(bytes[wrong] & 0xFF));
        }
    }

    /// Where they lie, if they lie there alone.
    private static byte[] bytes(ByteBuf body) {
        boolean alone =
                body.hasArray()
                        && body.arrayOffset() + body.readerIndex() == 0
                        && body.array().length == body.readableBytes();
        return alone ? body.array() : ByteBufUtil.getBytes(body);
    }

    /// Without the parser's own classes, which say nothing to a caller.
    private static String firstLine(String text) {
        int line = text.indexOf('\n');
        String first = line < 0 ? text : text.substring(0, line);
        int insides = first.indexOf(" (bound as ");
        String said = insides < 0 ? first : first.substring(0, insides);
        return said.replaceAll(", from `[^`]*`|: enable `[^`]*` to allow", "")
                .replaceAll(
                        "\\[Source: [^;]*; line: (\\d+), column: (\\d+)]", "line $1, column $2");
    }
}
