/// The machine's own look at this process: alive, ready, and its numbers; read-only and on
/// loopback.
@NullMarked
package mooring.admin;

import org.jspecify.annotations.NullMarked;
