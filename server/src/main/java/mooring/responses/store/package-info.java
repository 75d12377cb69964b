/// Kept responses in PostgreSQL, sealed.
@NullMarked
package mooring.responses.store;

import org.jspecify.annotations.NullMarked;
