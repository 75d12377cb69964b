package mooring.inference;

/// A piece of well-formed JSON that passes through unread: a tool's schema, a field that belongs to
/// the engine or the caller alone.
public record JsonText(String text) {

    @Override
    public String toString() {
        return text;
    }
}
