/// Tests of fetching pictures, against real servers on this machine.
@NullMarked
package mooring.images;

import org.jspecify.annotations.NullMarked;
