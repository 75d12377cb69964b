/// The crash simulator: gateways, disks, a database and a clock that one seed drives, and an
/// account of what must come of every request.
@NullMarked
package mooring.crash;

import org.jspecify.annotations.NullMarked;
