package mooring.api.openai.responses;

import java.util.Optional;
import mooring.ids.RequestId;

/// A response's id, `resp_…`: its digits are the request's.
final class ResponseIds {

    private static final String PREFIX = "resp_";
    private static final String REQUEST = "req_";

    private ResponseIds() {}

    static String text(RequestId id) {
        return PREFIX + digits(id);
    }

    static String digits(RequestId id) {
        return id.toString().substring(REQUEST.length());
    }

    /// Empty when the text is no such id.
    static Optional<RequestId> parse(String text) {
        if (!text.startsWith(PREFIX)) {
            return Optional.empty();
        }
        try {
            return Optional.of(RequestId.parse(REQUEST + text.substring(PREFIX.length())));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
