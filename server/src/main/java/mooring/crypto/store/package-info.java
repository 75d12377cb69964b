/// Sealed secrets in PostgreSQL.
@NullMarked
package mooring.crypto.store;

import org.jspecify.annotations.NullMarked;
