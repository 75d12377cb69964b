/// Settlements and their roll-up in PostgreSQL.
@NullMarked
package mooring.metering.store;

import org.jspecify.annotations.NullMarked;
