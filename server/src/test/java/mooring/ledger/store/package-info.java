/// The ledger, tried on a real database.
@NullMarked
package mooring.ledger.store;

import org.jspecify.annotations.NullMarked;
