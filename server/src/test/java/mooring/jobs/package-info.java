/// Tests of the package of the same name.
@NullMarked
package mooring.jobs;

import org.jspecify.annotations.NullMarked;
