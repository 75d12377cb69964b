/// A node's leases in memory: money set aside without asking anybody.
@NullMarked
package mooring.ledger.lease;

import org.jspecify.annotations.NullMarked;
