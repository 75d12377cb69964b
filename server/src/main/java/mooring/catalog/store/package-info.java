/// Price versions in PostgreSQL.
@NullMarked
package mooring.catalog.store;

import org.jspecify.annotations.NullMarked;
