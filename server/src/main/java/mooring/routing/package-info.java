/// Which replica answers.
@NullMarked
package mooring.routing;

import org.jspecify.annotations.NullMarked;
