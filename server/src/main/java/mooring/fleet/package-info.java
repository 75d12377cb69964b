/// Desired against actual engines: local commands that are started, watched, restarted and ended.
@NullMarked
package mooring.fleet;

import org.jspecify.annotations.NullMarked;
