/// What a test orders the pretend engine to do: directives, faults, and the queue of both.
@NullMarked
package mooring.simulator.script;

import org.jspecify.annotations.NullMarked;
