/// Answers that are kept because their caller asked for it.
@NullMarked
package mooring.responses;

import org.jspecify.annotations.NullMarked;
