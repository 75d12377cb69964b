/// The archive of a whole database: its form, how it is checked, and which was last found whole.
@NullMarked
package mooring.backup;

import org.jspecify.annotations.NullMarked;
