/// The counting rules of the pretend engine.
@NullMarked
package mooring.simulator.text;

import org.jspecify.annotations.NullMarked;
