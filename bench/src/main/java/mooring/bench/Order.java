package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// One request of a measurement against the simulator: what is asked, and what the engine is told
/// to do with it.
///
/// @param label the same in the settlement and in the engine's log
record Order(String label, int customer, boolean streamed, String body, Leave leave) {

    /// What the engine shall do.
    ///
    /// @param tokensPerSecond 0 for full speed
    record Script(int outputTokens, int reasoningTokens, double tokensPerSecond) {}

    static Order of(
            String label,
            int customer,
            String model,
            String prompt,
            boolean streamed,
            int choices,
            Script script,
            Leave leave) {
        ObjectNode directive = Json.MAPPER.createObjectNode();
        directive.put("label", label);
        directive.put("output_tokens", script.outputTokens());
        directive.put("reasoning_tokens", script.reasoningTokens());
        if (script.tokensPerSecond() > 0) {
            directive.put("tokens_per_second", script.tokensPerSecond());
        }
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", model);
        body.putArray("messages")
                .addObject()
                .put("role", "user")
                .put("content", prompt + " [[simulate " + directive + "]]");
        body.put("max_tokens", script.outputTokens());
        if (choices > 1) {
            body.put("n", choices);
        }
        if (streamed) {
            body.put("stream", true);
            body.putObject("stream_options").put("include_usage", true);
        }
        return new Order(label, customer, streamed, body.toString(), leave);
    }
}
