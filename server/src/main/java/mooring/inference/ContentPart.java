package mooring.inference;

import java.net.URI;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One piece of a message.
public sealed interface ContentPart {

    /// Words.
    sealed interface Words extends ContentPart {

        String text();

        /// How many characters, as Java counts them.
        long chars();
    }

    record Text(String text) implements Words {

        @Override
        public long chars() {
            return text.length();
        }
    }

    /// A text of kilobytes or megabytes, which is sent on as it came and decoded for nobody but who
    /// must read it.
    ///
    /// @param decoded gives it, each time anew
    record LongText(QuotedText quoted, long chars, Supplier<String> decoded) implements Words {

        @Override
        public String text() {
            return decoded.get();
        }
    }

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
