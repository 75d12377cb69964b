/// The whole way of a request.
@NullMarked
package mooring.gateway;

import org.jspecify.annotations.NullMarked;
