package mooring.telemetry;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Map;
import mooring.inference.Usage;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// The two forms of an access line: words for people, JSON for programs.
final class AccessText {

    private static final int MAX_PATH_CHARS = 160;

    private AccessText() {}

    static String words(AccessLine line) {
        StringBuilder text = new StringBuilder(320);
        text.append(line.at())
                .append(' ')
                .append(line.requestId())
                .append(' ')
                .append(line.method())
                .append(' ')
                .append(path(line.path()))
                .append(' ')
                .append(line.status())
                .append(" ms=")
                .append(millis(line.micros()))
                .append(" bytes=")
                .append(line.bytesSent());
        AccessLine.Caller caller = line.caller();
        if (caller != null) {
            word(text, "org", caller.organization());
            word(text, "project", caller.project());
            word(text, "key", caller.key());
        }
        AccessLine.Served served = line.served();
        if (served != null) {
            word(text, "model", served.model());
            word(text, "replica", served.replica());
            word(text, "attempts", Integer.toString(served.attempts()));
            word(text, "stream", Boolean.toString(served.streamed()));
            Usage usage = served.usage();
            word(text, "input", Long.toString(usage.prompt()));
            word(text, "cached", Long.toString(usage.cacheRead()));
            word(text, "output", Long.toString(usage.output()));
            word(text, "ending", served.ending());
            word(text, "cost", served.charge());
            for (Map.Entry<String, Long> phase : served.phases().entrySet()) {
                word(text, phase.getKey(), millis(phase.getValue()));
            }
        }
        word(text, "problem", line.problem());
        word(text, "trace", line.traceId());
        return text.toString();
    }

    private static void word(StringBuilder text, String name, @Nullable String value) {
        if (value != null) {
            text.append(' ').append(name).append('=').append(value.replace(' ', '_'));
        }
    }

    static String json(AccessLine line) {
        StringWriter text = new StringWriter(512);
        try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("at", line.at().toString());
            json.writeStringField("request_id", line.requestId());
            json.writeStringField("method", line.method());
            json.writeStringField("path", path(line.path()));
            json.writeNumberField("status", line.status());
            json.writeNumberField("bytes_sent", line.bytesSent());
            json.writeNumberField("duration_us", line.micros());
            AccessLine.Caller caller = line.caller();
            if (caller != null) {
                json.writeStringField("organization", caller.organization());
                json.writeStringField("project", caller.project());
                json.writeStringField("key_id", caller.key());
            }
            AccessLine.Served served = line.served();
            if (served != null) {
                served(json, served);
            }
            optional(json, "problem", line.problem());
            optional(json, "trace_id", line.traceId());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void served(JsonGenerator json, AccessLine.Served served) throws IOException {
        json.writeStringField("model", served.model());
        optional(json, "replica", served.replica());
        json.writeNumberField("attempts", served.attempts());
        json.writeBooleanField("stream", served.streamed());
        Usage usage = served.usage();
        json.writeNumberField("input_tokens", usage.prompt());
        json.writeNumberField("cached_tokens", usage.cacheRead());
        json.writeNumberField("output_tokens", usage.output());
        optional(json, "ending", served.ending());
        optional(json, "cost", served.charge());
        json.writeObjectFieldStart("timeline_us");
        for (Map.Entry<String, Long> phase : served.phases().entrySet()) {
            json.writeNumberField(phase.getKey(), phase.getValue());
        }
        json.writeEndObject();
    }

    private static void optional(JsonGenerator json, String name, @Nullable String value)
            throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }

    /// What a caller wrote there must neither break a line nor carry a key into the log.
    private static String path(String path) {
        String safe = path.replaceAll("[^\\x21-\\x7e]", "?").replaceAll("sk-[^/]+", "sk-...");
        return safe.length() > MAX_PATH_CHARS ? safe.substring(0, MAX_PATH_CHARS) + "..." : safe;
    }

    private static String millis(long micros) {
        return BigDecimal.valueOf(micros, 3).stripTrailingZeros().toPlainString();
    }
}
