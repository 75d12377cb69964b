package mooring.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import mooring.json.Json;

/// A whole HTTP answer.
public record Reply(int status, HttpHeaders headers, String text) {

    public JsonNode json() {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    /// A value by its JSON pointer, as text.
    public String at(String pointer) {
        return json().at(pointer).asText();
    }

    /// The header, or an empty text.
    public String header(String name) {
        return headers.firstValue(name).orElse("");
    }
}
