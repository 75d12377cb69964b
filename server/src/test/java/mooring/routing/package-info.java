/// Tests of the choice of a replica and of what may be tried again.
@NullMarked
package mooring.routing;

import org.jspecify.annotations.NullMarked;
