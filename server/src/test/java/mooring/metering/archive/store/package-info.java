/// Tests of the package of the same name.
@NullMarked
package mooring.metering.archive.store;

import org.jspecify.annotations.NullMarked;
