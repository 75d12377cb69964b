/// Usage times price version gives the amount: pure functions, integers only.
@NullMarked
package mooring.rating;

import org.jspecify.annotations.NullMarked;
