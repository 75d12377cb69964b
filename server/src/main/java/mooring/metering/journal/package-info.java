/// What is used, written down on this machine first, and booked from there.
@NullMarked
package mooring.metering.journal;

import org.jspecify.annotations.NullMarked;
