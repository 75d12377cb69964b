package mooring.inference;

/// A long text as it stands in the JSON that brought it, checked to be right. It is sent on in
/// these bytes, unread; nobody changes them.
public final class QuotedText {

    private final byte[] json;
    private final int from;
    private final int length;

    /// @param from where the opening quote is
    /// @param length in bytes, with both quotes
    public QuotedText(byte[] json, int from, int length) {
        this.json = json;
        this.from = from;
        this.length = length;
    }

    /// Takes bytes as they lie.
    @FunctionalInterface
    public interface Sink<E extends Exception> {
        void take(byte[] bytes, int from, int length) throws E;
    }

    /// Its bytes, with the quotes.
    public <E extends Exception> void to(Sink<E> sink) throws E {
        sink.take(json, from, length);
    }
}
