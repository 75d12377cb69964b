package mooring.api.anthropic;

import java.util.List;
import mooring.inference.Request;

/// A body of `POST /v1/messages`, read.
///
/// @param ignored names of what was sent and has no meaning here
record MessagesRequest(Request request, boolean stream, List<String> ignored) {

    MessagesRequest with(Request other) {
        return new MessagesRequest(other, stream, ignored);
    }
}
