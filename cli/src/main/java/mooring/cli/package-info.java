/// The `mooring` command line: what an operator or developer can do from a shell, over the public
/// HTTP API alone.
@NullMarked
package mooring.cli;

import org.jspecify.annotations.NullMarked;
