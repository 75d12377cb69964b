/// Tests of limits: no 60 seconds ever see more than the limit, and almost nothing of it is lost.
@NullMarked
package mooring.limits;

import org.jspecify.annotations.NullMarked;
