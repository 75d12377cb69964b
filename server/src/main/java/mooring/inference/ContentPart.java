package mooring.inference;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/// One piece of a message.
public sealed interface ContentPart {

    record Text(String text) implements ContentPart {}

    /// A picture, as an engine gets it.
    ///
    /// @param base64 its bytes
    /// @param detail OpenAI's word for how closely to look, null when not given
    record Image(ImageType type, String base64, @Nullable String detail) implements ContentPart {

        /// As a URL that holds the bytes themselves.
        public String dataUrl() {
            return "data:" + type.mediaType() + ";base64," + base64;
        }
    }

    /// A picture that is still elsewhere. No engine is told to fetch one: the gateway puts an
    /// [Image] in its place before anything is admitted.
    ///
    /// @param field where the request names it, for an error
    record RemoteImage(String field, URI url, @Nullable String detail) implements ContentPart {}
}
