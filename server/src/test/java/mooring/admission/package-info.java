/// Tests of admission.
@NullMarked
package mooring.admission;

import org.jspecify.annotations.NullMarked;
