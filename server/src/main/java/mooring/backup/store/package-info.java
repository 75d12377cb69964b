/// A PostgreSQL database written to an archive from one snapshot, and loaded from one.
@NullMarked
package mooring.backup.store;

import org.jspecify.annotations.NullMarked;
