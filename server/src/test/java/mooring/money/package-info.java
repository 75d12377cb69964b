/// Amounts as text and in sums.
@NullMarked
package mooring.money;

import org.jspecify.annotations.NullMarked;
