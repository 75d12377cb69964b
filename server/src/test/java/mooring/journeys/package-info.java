/// What people go through with the product, from end to end on a whole server.
@NullMarked
package mooring.journeys;

import org.jspecify.annotations.NullMarked;
