/// The closed set of refusals and failures that a caller can meet.
@NullMarked
package mooring.problem;

import org.jspecify.annotations.NullMarked;
