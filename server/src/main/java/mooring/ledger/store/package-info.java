/// Wallets, holds and transfers in PostgreSQL: the only code that writes a balance.
@NullMarked
package mooring.ledger.store;

import org.jspecify.annotations.NullMarked;
