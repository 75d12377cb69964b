package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import mooring.inference.Request;

/// A body of `POST /v1/responses`, read.
///
/// @param store whether the caller wants it kept
/// @param frame what the response repeats of the request
/// @param input all items before the answer, those of earlier responses included
/// @param ignored names of what was sent and has no meaning here
record CreateResponse(
        Request request,
        boolean stream,
        boolean store,
        ObjectNode frame,
        ArrayNode input,
        List<String> ignored) {

    CreateResponse with(Request other) {
        return new CreateResponse(other, stream, store, frame, input, ignored);
    }
}
