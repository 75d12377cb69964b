package mooring.relay;

import java.time.Duration;

/// How long an answer may take, part by part.
///
/// @param commitAfter status 200 is held back this long for a first content
/// @param firstContent until a replica sends content; keep-alives do not count
/// @param idle between two pieces of content
/// @param total for the whole answer, from its admission
/// @param usage for the final count behind the last content
/// @param booking for the record of a stream to be on disk; a whole answer has `firstContent`
/// @param slowReader for a caller who does not read
public record Deadlines(
        Duration commitAfter,
        Duration firstContent,
        Duration idle,
        Duration total,
        Duration usage,
        Duration booking,
        Duration slowReader) {

    public static final Deadlines DEFAULT =
            new Deadlines(
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(600),
                    Duration.ofSeconds(120),
                    Duration.ofHours(2),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(120));
}
