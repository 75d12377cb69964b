package mooring.http;

import io.vertx.core.buffer.Buffer;

/// Keeps a copy of an answer as it leaves.
public interface Recording {

    /// A piece of a stream, whether or not anybody is there to take it.
    void piece(Buffer bytes);

    /// Whether the pieces that come now wait for [#end].
    boolean holds();

    /// The answer is whole. `leave` sends what waits, once the copy is safe.
    void end(String contentType, Runnable leave);
}
