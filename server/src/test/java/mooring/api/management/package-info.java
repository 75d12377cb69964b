/// The operator's door, tried over real HTTP on a real PostgreSQL.
@NullMarked
package mooring.api.management;

import org.jspecify.annotations.NullMarked;
