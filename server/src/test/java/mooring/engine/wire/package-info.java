/// The wire form of engines, read however it arrives.
@NullMarked
package mooring.engine.wire;

import org.jspecify.annotations.NullMarked;
