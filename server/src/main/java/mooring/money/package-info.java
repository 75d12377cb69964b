/// Exact amounts: integers in nano units, rates per million tokens, one rounding.
@NullMarked
package mooring.money;

import org.jspecify.annotations.NullMarked;
