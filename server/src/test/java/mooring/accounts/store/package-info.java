/// Organizations and keys, tried on a real database.
@NullMarked
package mooring.accounts.store;

import org.jspecify.annotations.NullMarked;
