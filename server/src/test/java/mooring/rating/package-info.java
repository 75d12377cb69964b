/// What holds of every charge.
@NullMarked
package mooring.rating;

import org.jspecify.annotations.NullMarked;
