/// Organizations and API keys in PostgreSQL, and the snapshot of keys that requests are checked by.
@NullMarked
package mooring.accounts.store;

import org.jspecify.annotations.NullMarked;
