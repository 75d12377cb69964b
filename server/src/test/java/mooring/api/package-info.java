/// Tests of what doors of every dialect share.
@NullMarked
package mooring.api;

import org.jspecify.annotations.NullMarked;
