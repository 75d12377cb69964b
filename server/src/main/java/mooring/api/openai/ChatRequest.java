package mooring.api.openai;

import java.util.List;
import mooring.catalog.AnswerProfile;
import mooring.inference.Request;

/// A decoded `POST /v1/chat/completions`.
///
/// @param includeUsage whether the stream's last chunk carries usage
/// @param profile whose answers the model's look like
/// @param ignoredFields fields of the body that nothing here reads and the model does not pass on
record ChatRequest(
        Request request,
        boolean stream,
        boolean includeUsage,
        AnswerProfile profile,
        List<String> ignoredFields) {

    ChatRequest with(Request other) {
        return new ChatRequest(other, stream, includeUsage, profile, ignoredFields);
    }
}
