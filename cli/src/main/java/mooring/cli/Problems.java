package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/// What the API refused, in one line that ends with the next step.
final class Problems {
    private Problems() {}

    static String say(
            int status,
            @Nullable ObjectNode body,
            HttpHeaders headers,
            URI address,
            Credential credential) {
        if (body == null || !body.path("error").isObject()) {
            return address
                    + " answered "
                    + status
                    + " without an error object: check that it is Mooring's address.";
        }
        String requestId = headers.firstValue("x-request-id").map(id -> " [" + id + "]").orElse("");
        String step = step(status, body.path("error"), headers, credential);
        return sentence(body.path("error")) + (step.isEmpty() ? "" : " " + step) + requestId;
    }

    /// The error's message as a sentence, with its code behind it.
    static String sentence(JsonNode error) {
        String message = error.path("message").asText().strip().replaceAll("[.:]+$", "");
        String word = error.path("code").asText(error.path("type").asText());
        String text = message.isEmpty() ? "Refused" : message;
        return word.isEmpty() || word.equals("null") ? text + "." : text + " (" + word + ").";
    }

    private static String step(
            int status, JsonNode error, HttpHeaders headers, Credential credential) {
        String type = error.path("type").asText();
        String code = error.path("code").asText();
        if (status == 401 || status == 403) {
            return wrongKey(credential);
        }
        if (code.equals("credit_balance_exhausted")) {
            return "Add credit with: mooring topup ORG AMOUNT --reason TEXT.";
        }
        if (type.equals("insufficient_quota")) {
            return "";
        }
        if (status == 404 && error.path("param").asText().equals("model")) {
            return "See the models with: mooring models.";
        }
        if (status == 404 && error.path("param").asText().equals("organization_id")) {
            return "See the organizations with: mooring org list.";
        }
        if (status == 404 && error.path("param").asText().equals("key_id")) {
            return "See the keys with: mooring keys list --org ORG.";
        }
        if (status == 429 || status == 503) {
            return headers.firstValue("retry-after")
                    .filter(seconds -> seconds.matches("[0-9]{1,6}"))
                    .map(seconds -> "Try again in " + seconds + " s.")
                    .orElse("Try again shortly.");
        }
        return status >= 500 ? "See ./mooring logs." : "";
    }

    private static String wrongKey(Credential credential) {
        return switch (credential.kind()) {
            case OPERATOR, API ->
                    "The key came from "
                            + credential.source()
                            + ": check that the folder belongs to this server.";
            case UNKNOWN ->
                    "The key came from MOORING_KEY: management needs the operator's, chat an"
                            + " organization's.";
        };
    }
}
