/// What doors of every dialect share: fields with errors that name them, bodies, event streams.
@NullMarked
package mooring.api;

import org.jspecify.annotations.NullMarked;
