/// Price versions, tried on a real database.
@NullMarked
package mooring.catalog.store;

import org.jspecify.annotations.NullMarked;
