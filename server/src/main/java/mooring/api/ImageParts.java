package mooring.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import mooring.inference.ContentPart;
import mooring.inference.ImageType;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Reads pictures out of messages, in each dialect's spelling.
public final class ImageParts {

    /// Of one picture, as it is in a file.
    public static final long MAX_BYTES = 20L << 20;

    private static final int MAX_URL_CHARS = 8_192;
    private static final int MAX_SHOWN_CHARS = 60;
    private static final String DATA = "data:";
    private static final String URL_EXPECTED =
            "an https or http URL of an image, or a data URL with Base64";
    private static final Set<String> DETAILS = Set.of("auto", "low", "high", "original");

    private ImageParts() {}

    /// OpenAI's `image_url`: an object with `url` and `detail`, or the URL alone, as some clients
    /// send it.
    public static ContentPart chat(JsonFields part, Sizes sizes) {
        JsonNode node = part.get("image_url");
        if (node != null && node.isTextual()) {
            return url(part, "image_url", null, sizes);
        }
        JsonNode object = part.objectOf("image_url");
        if (object == null) {
            throw part.missing("image_url", "an object with url");
        }
        JsonFields image = new JsonFields(object, part.name("image_url."));
        return url(image, "url", detail(image), sizes);
    }

    /// Responses' `input_image`.
    public static ContentPart responses(JsonFields part, Sizes sizes) {
        return url(part, "image_url", detail(part), sizes);
    }

    /// Anthropic's `image`, with a source of `base64` or `url`.
    public static ContentPart messages(JsonFields block, Sizes sizes) {
        JsonNode object = block.objectOf("source");
        String expected = "an object with type \"base64\" or \"url\"";
        if (object == null) {
            throw block.missing("source", expected);
        }
        JsonFields source = new JsonFields(object, block.name("source."));
        String type = source.requiredText("type", "\"base64\" or \"url\"");
        return switch (type) {
            case "base64" -> {
                String data = source.requiredText("data", "Base64");
                source.requiredText("media_type", "the image's media type");
                yield inline(source.name("data"), data, null, sizes);
            }
            case "url" -> url(source, "url", null, sizes);
            default ->
                    throw refused(source.name("type"), "\"" + type + "\"", "\"base64\" or \"url\"");
        };
    }

    private static @Nullable String detail(JsonFields fields) {
        String expected = "auto, low or high";
        String detail = fields.text("detail", expected);
        if (detail != null && !DETAILS.contains(detail)) {
            throw refused(fields.name("detail"), "\"" + shown(detail) + "\"", expected);
        }
        return detail;
    }

    private static ContentPart url(
            JsonFields fields, String field, @Nullable String detail, Sizes sizes) {
        String text = fields.requiredText(field, URL_EXPECTED);
        String at = fields.name(field);
        if (text.regionMatches(true, 0, DATA, 0, DATA.length())) {
            int comma = text.indexOf(',');
            if (comma < 0
                    || !text.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
                throw refused(at, "\"" + shown(text) + "\"", URL_EXPECTED);
            }
            return inline(at, text.substring(comma + 1), detail, sizes);
        }
        URI url = uri(text);
        if (url == null) {
            throw refused(at, "\"" + shown(text) + "\"", URL_EXPECTED);
        }
        sizes.image();
        return new ContentPart.RemoteImage(at, url, detail);
    }

    private static @Nullable URI uri(String text) {
        try {
            URI url = new URI(text);
            boolean web =
                    "https".equalsIgnoreCase(url.getScheme())
                            || "http".equalsIgnoreCase(url.getScheme());
            return web
                            && text.length() <= MAX_URL_CHARS
                            && url.getHost() != null
                            && url.getRawUserInfo() == null
                    ? url
                    : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static ContentPart inline(
            String at, String base64, @Nullable String detail, Sizes sizes) {
        if (base64.length() / 4 * 3L > MAX_BYTES + 2) {
            throw refused(
                    at,
                    base64.length() / 4 * 3L + " bytes",
                    "an image of at most " + (MAX_BYTES >> 20) + " MiB");
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw refused(at, "\"" + shown(base64) + "\"", "Base64 of " + ImageType.EXPECTED);
        }
        ImageType type = ImageType.of(bytes);
        if (type == null) {
            throw refused(at, "\"" + shown(base64) + "\"", "Base64 of " + ImageType.EXPECTED);
        }
        sizes.image();
        return new ContentPart.Image(type, base64, detail);
    }

    private static String shown(String text) {
        return text.length() <= MAX_SHOWN_CHARS ? text : text.substring(0, MAX_SHOWN_CHARS) + "…";
    }

    private static ProblemException refused(String at, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(at, value, expected));
    }
}
