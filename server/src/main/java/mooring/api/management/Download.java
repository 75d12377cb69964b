package mooring.api.management;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/// A body of bytes that is made while it is sent, so that its length costs no memory.
///
/// @param fileName what a browser saves it as
/// @param longest how long it may take in all
record Download(String contentType, String fileName, Duration longest, Content content) {

    /// Writes all of it, piece by piece; blocking. An exception before the first piece becomes an
    /// answer of its own, a later one cuts the connection, so that nobody takes a part for the
    /// whole.
    @FunctionalInterface
    interface Content {
        void write(OutputStream to) throws IOException;
    }
}
