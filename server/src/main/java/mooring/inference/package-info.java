/// The dialect-free request, its stream of events and its usage.
@NullMarked
package mooring.inference;

import org.jspecify.annotations.NullMarked;
