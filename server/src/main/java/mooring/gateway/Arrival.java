package mooring.gateway;

import io.vertx.core.Future;
import java.util.function.Supplier;
import mooring.ids.RequestId;
import mooring.inference.Request;
import mooring.relay.Caller;
import org.jspecify.annotations.Nullable;

/// A request as a door hands it in.
///
/// @param credential the API key as it was sent, null when none was
/// @param address from where it comes
/// @param clientRequestId the caller's own id, kept and shown, deciding nothing
/// @param read reads and decodes the body; asked only once the key is known, so that strangers cost
///   no reading
/// @param bodyDone told once nothing of what was read is needed any more
public record Arrival(
        RequestId id,
        @Nullable String credential,
        String address,
        @Nullable String clientRequestId,
        Supplier<Future<Decoded>> read,
        Runnable bodyDone) {

    /// What the body says, and who writes the answer in the form that it asked for.
    public record Decoded(Request request, Caller caller) {}
}
