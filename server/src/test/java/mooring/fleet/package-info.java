/// Tests of engines on this machine.
@NullMarked
package mooring.fleet;

import org.jspecify.annotations.NullMarked;
