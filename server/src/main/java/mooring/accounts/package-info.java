/// Organizations and their API keys.
@NullMarked
package mooring.accounts;

import org.jspecify.annotations.NullMarked;
