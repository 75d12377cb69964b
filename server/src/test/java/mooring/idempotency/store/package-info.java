/// Tests of kept answers on a real database.
@NullMarked
package mooring.idempotency.store;

import org.jspecify.annotations.NullMarked;
