/// What tests may rely on when they use the pretend engine.
@NullMarked
package mooring.simulator;

import org.jspecify.annotations.NullMarked;
