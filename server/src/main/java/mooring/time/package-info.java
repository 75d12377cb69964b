/// Clocks, deadlines and calendar periods: the only reader of the system clock.
@NullMarked
package mooring.time;

import org.jspecify.annotations.NullMarked;
