/// Kept answers in PostgreSQL, sealed.
@NullMarked
package mooring.idempotency.store;

import org.jspecify.annotations.NullMarked;
