/// Settlement and its reports, tried on a real database.
@NullMarked
package mooring.metering.store;

import org.jspecify.annotations.NullMarked;
