/// The numbers that this process tells about itself.
@NullMarked
package mooring.telemetry;

import org.jspecify.annotations.NullMarked;
