/// The measurements with small counts, and what they print and keep.
@NullMarked
package mooring.bench;

import org.jspecify.annotations.NullMarked;
