/// Backup and restore, tried on real databases.
@NullMarked
package mooring.backup.store;

import org.jspecify.annotations.NullMarked;
