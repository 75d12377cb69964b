/// What tests share: databases of their own, programs of their own, waiting with a deadline.
@NullMarked
package mooring.testing;

import org.jspecify.annotations.NullMarked;
