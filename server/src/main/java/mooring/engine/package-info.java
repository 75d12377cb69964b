/// Adapters: one request to one engine, its answer as a stream of events. Never learns who the
/// customer is.
@NullMarked
package mooring.engine;

import org.jspecify.annotations.NullMarked;
