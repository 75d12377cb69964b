/// The relay's states, one by one, with an engine and a caller that do as they are told.
@NullMarked
package mooring.http;

import org.jspecify.annotations.NullMarked;
