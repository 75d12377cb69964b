/// When each token is made: batching steps, slots, the waiting queue and the prefix cache.
@NullMarked
package mooring.simulator.timing;

import org.jspecify.annotations.NullMarked;
