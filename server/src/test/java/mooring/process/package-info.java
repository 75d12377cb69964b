/// Tests of child processes.
@NullMarked
package mooring.process;

import org.jspecify.annotations.NullMarked;
