/// Whether a request may run: model, parameters, window, and the money set aside for it.
@NullMarked
package mooring.admission;

import org.jspecify.annotations.NullMarked;
