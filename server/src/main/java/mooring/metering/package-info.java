/// What each request used and was charged, once and for ever.
@NullMarked
package mooring.metering;

import org.jspecify.annotations.NullMarked;
