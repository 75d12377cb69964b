/// How many requests and tokens may be had at a time, in a minute and in a day, and what is used.
@NullMarked
package mooring.limits;

import org.jspecify.annotations.NullMarked;
