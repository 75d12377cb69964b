/// From a request's body to the tokens that answer it, decided before the first one is sent.
@NullMarked
package mooring.simulator.answer;

import org.jspecify.annotations.NullMarked;
