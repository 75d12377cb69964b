/// A ledger to try things on.
@NullMarked
package mooring.ledger;

import org.jspecify.annotations.NullMarked;
