/// How answers look on the wire: chat and text completions, streamed and whole.
@NullMarked
package mooring.simulator.wire;

import org.jspecify.annotations.NullMarked;
