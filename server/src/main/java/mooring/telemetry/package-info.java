/// What the process tells about itself while it runs, in numbers.
@NullMarked
package mooring.telemetry;

import org.jspecify.annotations.NullMarked;
