/// Secrets that must be read again: sealed with a key that no table and no backup holds.
@NullMarked
package mooring.crypto;

import org.jspecify.annotations.NullMarked;
