package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.api.JsonBody;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.catalog.Capability;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.inference.Request;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Decodes and checks the body of `POST /v1/embeddings`.
final class EmbeddingsReader {

    /// A body of `POST /v1/embeddings`, read.
    ///
    /// @param base64 whether vectors are wanted as their bytes
    record Embeddings(Request request, boolean base64, List<String> ignored) {}

    private static final int MAX_INPUTS = 2_048;
    private static final int MAX_DIMENSIONS = 65_536;

    /// What a model's catalogue entry passes through where its vectors can be shortened.
    private static final String DIMENSIONS = "dimensions";

    private static final Set<String> KNOWN =
            Set.of("model", "input", "encoding_format", DIMENSIONS, "user");

    private final Catalog catalog;

    EmbeddingsReader(Catalog catalog) {
        this.catalog = catalog;
    }

    /// @throws ProblemException naming the first field that is wrong
    Embeddings read(Buffer body) {
        JsonNode root = JsonBody.parse(body);
        JsonFields fields = new JsonFields(root, "");
        Model model = ChatRequestReader.model(catalog, fields);
        if (!model.can(Capability.EMBEDDINGS)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "model", "\"" + model.id() + "\"", "a model that makes embeddings"));
        }
        Sizes sizes = new Sizes();
        List<TextInput> inputs = RawInputs.read(fields, "input", MAX_INPUTS, sizes);
        String format = fields.text("encoding_format", "\"float\" or \"base64\"");
        if (format != null && !format.equals("float") && !format.equals("base64")) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "encoding_format", "\"" + format + "\"", "\"float\" or \"base64\""));
        }
        Long dimensions = fields.whole(DIMENSIONS, 1, MAX_DIMENSIONS);
        if (dimensions != null && !model.passthrough().contains(DIMENSIONS)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            DIMENSIONS,
                            dimensions,
                            "none: the vectors of model \"" + model.id() + "\" have one length"));
        }
        List<String> ignored = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            if (!KNOWN.contains(field.getKey())) {
                ignored.add(field.getKey());
            }
        }
        Request request =
                Request.raw(
                        model.id(),
                        new Task.Embed(
                                inputs, dimensions == null ? null : Math.toIntExact(dimensions)),
                        Sampling.DEFAULT,
                        null,
                        1,
                        ServiceTier.STANDARD,
                        Map.of(),
                        sizes.bytes());
        return new Embeddings(request, "base64".equals(format), ignored);
    }
}
