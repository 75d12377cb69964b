/// Tests of the store.
@NullMarked
package mooring.sql;

import org.jspecify.annotations.NullMarked;
