/// Models and what they can do, and the published prices.
@NullMarked
package mooring.catalog;

import org.jspecify.annotations.NullMarked;
