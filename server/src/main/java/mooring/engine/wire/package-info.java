/// OpenAI's wire form as engines speak it: request bodies, server-sent events, chunks, usage.
@NullMarked
package mooring.engine.wire;

import org.jspecify.annotations.NullMarked;
