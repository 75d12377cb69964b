/// Double entry, wallets and holds: the only writer of a balance.
@NullMarked
package mooring.ledger;

import org.jspecify.annotations.NullMarked;
