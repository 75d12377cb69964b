package mooring.metering;

/// When a request passed each point of its way, in microseconds since it arrived; -1 where it never
/// did.
///
/// @param authenticated the key was known
/// @param admitted the money was set aside
/// @param dispatched an engine was chosen for the last attempt
/// @param connected that engine had taken the request
/// @param firstToken first content
/// @param lastToken last content
public record Timeline(
        long authenticated,
        long admitted,
        long dispatched,
        long connected,
        long firstToken,
        long lastToken) {

    public static final Timeline UNKNOWN = new Timeline(-1, -1, -1, -1, -1, -1);
}
