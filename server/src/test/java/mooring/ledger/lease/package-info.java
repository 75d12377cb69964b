/// Leases tried out: on a clock that the test moves, and on real PostgreSQL.
@NullMarked
package mooring.ledger.lease;

import org.jspecify.annotations.NullMarked;
