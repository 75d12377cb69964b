package mooring.simulator.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import mooring.simulator.answer.CompletionRequest;
import mooring.simulator.script.Directive;

/// What every event of one answer shares: who answers whom, and in which form.
public record Head(String id, long createdSeconds, CompletionRequest request, Directive directive) {

    void write(JsonGenerator json, String object) throws IOException {
        json.writeStringField("id", id);
        json.writeStringField("object", object);
        json.writeNumberField("created", createdSeconds);
        json.writeStringField("model", request.model());
    }
}
