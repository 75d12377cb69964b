/// The relay's states, one by one, with an engine and a caller that do as they are told.
@NullMarked
package mooring.relay;

import org.jspecify.annotations.NullMarked;
