/// The whole way of a request, with parts that fail where they should not.
@NullMarked
package mooring.gateway;

import org.jspecify.annotations.NullMarked;
