/// Brings an answer back: order, deadlines, backpressure, counting, and the one end.
@NullMarked
package mooring.relay;

import org.jspecify.annotations.NullMarked;
