/// When the pretend engine makes its tokens, and what it keeps of prompts.
@NullMarked
package mooring.simulator.timing;

import org.jspecify.annotations.NullMarked;
