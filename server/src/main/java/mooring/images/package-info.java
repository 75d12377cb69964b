/// Brings the pictures that requests name by URL into the requests themselves, so that no engine is
/// ever told to fetch anything.
@NullMarked
package mooring.images;

import org.jspecify.annotations.NullMarked;
