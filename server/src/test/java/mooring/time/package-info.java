/// Tests of clocks and periods.
@NullMarked
package mooring.time;

import org.jspecify.annotations.NullMarked;
