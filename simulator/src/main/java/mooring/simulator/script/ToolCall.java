package mooring.simulator.script;

/// A call of a function that the answer makes: its name and its arguments as JSON text.
public record ToolCall(String name, String arguments) {}
