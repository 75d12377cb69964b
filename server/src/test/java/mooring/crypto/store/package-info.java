/// Sealed secrets, tried on a real database.
@NullMarked
package mooring.crypto.store;

import org.jspecify.annotations.NullMarked;
