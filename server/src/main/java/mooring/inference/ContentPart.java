package mooring.inference;

/// One piece of a message.
public sealed interface ContentPart {

    record Text(String text) implements ContentPart {}
}
