/// The roof: builds everything, starts it, drains it, stops it.
@NullMarked
package mooring.app;

import org.jspecify.annotations.NullMarked;
