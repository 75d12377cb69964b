/// A pretend inference engine for tests and benchmarks: the endpoints of a real one, no model.
@NullMarked
package mooring.simulator;

import org.jspecify.annotations.NullMarked;
