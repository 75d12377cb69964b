package mooring.inference;

import org.jspecify.annotations.Nullable;

/// A piece of a tool call in a stream. Id and name come with the call's first piece.
///
/// @param index which of the choice's calls
/// @param arguments the next characters of the arguments' JSON text
public record ToolCallDelta(
        int index, @Nullable String id, @Nullable String name, String arguments) {}
