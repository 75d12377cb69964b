/// The Responses dialect, seen by its official client.
@NullMarked
package mooring.api.openai.responses;

import org.jspecify.annotations.NullMarked;
