package mooring.inference;

/// A call that the model made earlier, with its arguments as the JSON text that it wrote.
public record ToolCall(String id, String name, String arguments) {}
