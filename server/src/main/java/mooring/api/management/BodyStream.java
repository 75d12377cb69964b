package mooring.api.management;

/// A body that is made while it is sent, so that its length costs no memory.
///
/// @param fileName what a browser saves it as
record BodyStream(String contentType, String fileName, Content content) {

    /// Writes all of it, piece by piece; blocking. An exception before the first piece becomes an
    /// answer of its own, a later one cuts the connection, so that nobody takes a part for the
    /// whole.
    @FunctionalInterface
    interface Content {
        void write(Sink sink);
    }

    /// Takes the pieces; a call returns when there is room for more.
    @FunctionalInterface
    interface Sink {
        void write(String piece);
    }
}
