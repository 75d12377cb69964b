package mooring.engine.llamacpp;

import mooring.engine.EngineException;
import mooring.inference.Request;
import mooring.inference.Task;
import mooring.inference.ToolChoice;

/// A request as this engine can take it, and how its answer is to be read.
record Rendered(Request request, AnswerForm form) {

    /// @throws EngineException when a schema cannot be one
    static Rendered of(Request request, EngineFacts facts) {
        if (!(request.task() instanceof Task.Chat)) {
            return new Rendered(request, new AnswerForm.AsIs());
        }
        return facts.templateHasTools() ? natively(request) : ToolText.render(request);
    }

    /// The engine reads `tool_choice` as a word only: a named function is the only one on offer,
    /// and required.
    private static Rendered natively(Request request) {
        if (request.toolChoice() instanceof ToolChoice.Named(String name)) {
            Request narrowed =
                    new Request(
                            request.model(),
                            request.messages(),
                            request.sampling(),
                            request.maxTokens(),
                            request.choices(),
                            request.tools().stream()
                                    .filter(tool -> tool.name().equals(name))
                                    .toList(),
                            new ToolChoice.Required(),
                            request.parallelToolCalls(),
                            request.responseFormat(),
                            request.reasoningEffort(),
                            request.tier(),
                            request.passthrough(),
                            request.promptBytes());
            return new Rendered(narrowed, new AnswerForm.AsIs());
        }
        return new Rendered(request, new AnswerForm.AsIs());
    }
}
