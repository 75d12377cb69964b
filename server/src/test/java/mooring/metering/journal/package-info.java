/// Tests of what is used, in the journal.
@NullMarked
package mooring.metering.journal;

import org.jspecify.annotations.NullMarked;
