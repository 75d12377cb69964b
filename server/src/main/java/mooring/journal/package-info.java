/// A durable, append-only log in preallocated segments, and the small files beside it. It carries
/// bytes and knows nothing of what they mean.
@NullMarked
package mooring.journal;

import org.jspecify.annotations.NullMarked;
