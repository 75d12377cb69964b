/// Programs that measure a running product against its bars. Each starts what it needs from the
/// built jars, speaks only HTTP to it, and ends whatever it started. Two parts are also measured by
/// themselves, in a process beside the server's jar: the journal, and settlement.
@NullMarked
package mooring.bench;

import org.jspecify.annotations.NullMarked;
