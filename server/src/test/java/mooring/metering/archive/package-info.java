/// Tests of the package of the same name.
@NullMarked
package mooring.metering.archive;

import org.jspecify.annotations.NullMarked;
