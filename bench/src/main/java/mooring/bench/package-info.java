/// Programs that measure a running product against its bars. Each starts what it needs from the
/// built jars, speaks only HTTP to it, and ends whatever it started.
@NullMarked
package mooring.bench;

import org.jspecify.annotations.NullMarked;
