/// The machine's own look at this process, over real HTTP.
@NullMarked
package mooring.admin;

import org.jspecify.annotations.NullMarked;
