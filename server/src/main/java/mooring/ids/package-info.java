/// Typed ids with a prefix that says what they name.
@NullMarked
package mooring.ids;

import org.jspecify.annotations.NullMarked;
