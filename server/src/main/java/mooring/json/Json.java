package mooring.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

/// The one JSON factory and mapper: strict, duplicate keys refused, depth and lengths bounded.
public final class Json {

    /// Deeper nesting than any schema in use, shallow enough for every stack.
    private static final int MAX_DEPTH = 200;

    /// A tree of so many values still fits in memory beside others; a hundred thousand messages
    /// have about as many.
    private static final long MAX_TOKENS = 1_500_000;

    /// A single text may be as long as the largest body.
    private static final int MAX_STRING_CHARS = 64 * 1024 * 1024;

    public static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_DEPTH)
                                    .maxStringLength(MAX_STRING_CHARS)
                                    .maxTokenCount(MAX_TOKENS)
                                    .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    // An emoji as its four bytes and not as two escapes.
                    .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                    .build();

    /// The same for what engines say, without a look for duplicate keys: that costs a set for each
    /// object, and nobody gains anything by such an answer.
    public static final JsonFactory ENGINE_FACTORY =
            FACTORY.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    public static final ObjectMapper MAPPER =
            JsonMapper.builder(FACTORY)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .build();

    private Json() {}
}
